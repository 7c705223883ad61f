import { readBuildRequires } from '../../closure/locks/build-system.js'
import { bytesInMemory } from '../../closure/archive/random-access.js'
import { readTarSdist, readZipSdist } from '../../closure/archive/sdist-metadata.js'
import type { SdistFile, SdistFiles } from '../../closure/archive/sdist-metadata.js'
import { readWheelMetadata } from '../../closure/archive/wheel-metadata.js'
import type { FileRequirements } from '../../closure/types.js'
import { UpstreamError, errorText } from '../../errors.js'
import { expectedFiles } from '../../model/expected.js'
import type { FileSpec } from '../../model/files.js'
import { field, isObject } from '../../model/json.js'
import type { ReleaseFile } from '../../model/project.js'
import { hasStaticRequires, MAX_METADATA, parseMetadata } from '../../packaging/metadata.js'
import type { CoreMetadata } from '../../packaging/metadata.js'
import { normalizeName } from '../../packaging/name.js'
import { expectedOptions } from '../project/store-project.js'
import { askAgain } from '../run/ask-again.js'
import { throwIfStopped } from '../run/context.js'
import type { Context } from '../run/context.js'
import { isProjectFault } from '../run/fault.js'
import { openRemote, readBeginning } from './remote.js'
import { readSpec } from './small-file.js'

/** An sdist up to this size is fetched as a whole, which the mirror does anyway; of a larger one only the beginning is. */
const WHOLE_SDIST = 16 * 1024 * 1024
const BEGINNING = 4 * 1024 * 1024

export interface MetadataQuestion {
  /** normalized name of the project */
  readonly name: string
  readonly version: string
  readonly file: ReleaseFile
  /** whose build requirements are asked for although `file` is a wheel */
  readonly sdist: ReleaseFile | undefined
  /** what building an sdist needs is asked for, too */
  readonly withBuild: boolean
  /** nothing is stored */
  readonly readOnly: boolean
}

/**
 * What a release file needs, from the first of these that tells: its core metadata file, METADATA of the wheel by a part
 * of it, PKG-INFO of the sdist where that is certain (PEP 643), the JSON API. Where nothing tells, a note says so.
 * @throws UpstreamError where upstream could not be asked
 */
export async function askRequirements(context: Context, question: MetadataQuestion): Promise<FileRequirements> {
  const { file, sdist } = question
  const isWheel = file.filename.endsWith('.whl')
  const own =
    (await attempt(context, question, fromMetadataFile)) ??
    (await attempt(context, question, isWheel ? fromWheel : fromSdist))
  const built = isWheel && sdist ? await attempt(context, { ...question, file: sdist }, fromSdist) : undefined
  const found = built?.buildRequires ? { requires: own?.requires, buildRequires: built.buildRequires } : own
  if (found?.requires !== undefined) return { requires: found.requires, buildRequires: found.buildRequires ?? [] }
  const json = await fromJsonApi(context, question)
  const buildRequires = found?.buildRequires ?? []
  if (json !== undefined)
    return { requires: json, buildRequires, note: `${file.filename}: its requirements come from the JSON API` }
  return { requires: [], buildRequires, note: `${file.filename}: nobody tells what it requires` }
}

interface Found {
  /** undefined: the file does not tell for certain */
  readonly requires: readonly string[] | undefined
  readonly buildRequires?: readonly string[]
}

type Ask = (context: Context, question: MetadataQuestion) => Promise<Found | undefined>

/** undefined where the file is not what it should be; the next source is asked then. */
async function attempt(context: Context, question: MetadataQuestion, ask: Ask): Promise<Found | undefined> {
  try {
    return await ask(context, question)
  } catch (error) {
    throwIfStopped(context)
    if (!isProjectFault(error)) throw error
    context.log.info(`${question.file.filename}: its metadata is read elsewhere: ${errorText(error)}`)
    return undefined
  }
}

async function fromMetadataFile(context: Context, question: MetadataQuestion): Promise<Found | undefined> {
  const { file, name, withBuild, readOnly } = question
  const isWheel = file.filename.endsWith('.whl')
  if (file.coreMetadata === undefined || file.coreMetadata === false || (!isWheel && withBuild)) return undefined
  const spec = specsOf(context, question).find(({ kind }) => kind === 'metadata')
  const bytes =
    spec === undefined
      ? await askAgain(context, 'project', () =>
          context.http.fetchFile(`${file.url}.metadata`, { size: undefined, maxBytes: MAX_METADATA }),
        )
      : await readSpec(context, spec, { readOnly, maxBytes: MAX_METADATA })
  const metadata = ownMetadata(bytes, name)
  return metadata !== undefined && (isWheel || hasStaticRequires(metadata))
    ? { requires: requiresOf(metadata) }
    : undefined
}

async function fromWheel(context: Context, { name, file }: MetadataQuestion): Promise<Found | undefined> {
  const wheel = await askAgain(context, 'project', () => openRemote(context.http, file.url))
  if (wheel === undefined) return undefined
  const metadata = ownMetadata(await readWheelMetadata(wheel, name), name)
  return metadata && { requires: requiresOf(metadata) }
}

async function fromSdist(context: Context, question: MetadataQuestion): Promise<Found | undefined> {
  const files = await readSdist(context, question)
  if (files === undefined) return undefined
  const { name, file, withBuild } = question
  const metadata = files.pkgInfo && ownMetadata(files.pkgInfo, name)
  return {
    requires: metadata !== undefined && hasStaticRequires(metadata) ? requiresOf(metadata) : undefined,
    ...(withBuild ? { buildRequires: readBuildRequires(files.pyproject, `${file.filename}: pyproject.toml`) } : {}),
  }
}

async function readSdist(context: Context, question: MetadataQuestion): Promise<SdistFiles | undefined> {
  const { file, name, withBuild, readOnly } = question
  const { filename, size, url } = file
  const isZip = filename.endsWith('.zip')
  if (!isZip && !/\.(?:tar\.gz|tgz)$/.test(filename)) return undefined
  const wanted: readonly SdistFile[] = withBuild ? ['PKG-INFO', 'pyproject.toml'] : ['PKG-INFO']
  const spec = specsOf(context, question).find(({ kind }) => kind === 'release')
  if (spec !== undefined && size !== undefined && size <= WHOLE_SDIST) {
    const bytes = await readSpec(context, spec, { readOnly, maxBytes: WHOLE_SDIST })
    return isZip ? readZipSdist(bytesInMemory(bytes), name, wanted) : readTarSdist(once(bytes), name, { wanted })
  }
  if (isZip) {
    const remote = await askAgain(context, 'project', () => openRemote(context.http, url))
    return remote && readZipSdist(remote, name, wanted)
  }
  const bytes = await askAgain(context, 'project', () => readBeginning(context.http, url, BEGINNING))
  return bytes && readTarSdist(once(bytes), name, { wanted })
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes
}

/** @returns undefined where upstream has no JSON API, or none of this release */
async function fromJsonApi(context: Context, { name, version }: MetadataQuestion): Promise<string[] | undefined> {
  if (context.jsonApi.offered === false) return undefined
  try {
    const json = await askAgain(context, 'project', () => context.upstream.releaseMetadata(name, version))
    const info = json === 'gone' ? undefined : field(json, 'info')
    if (!isObject(info)) return undefined
    const requires = field(info, 'requires_dist')
    return Array.isArray(requires) ? requires.filter((line) => typeof line === 'string') : []
  } catch (error) {
    // An index other than PyPI answers what it likes to a question that it does not know.
    if (
      error instanceof UpstreamError &&
      (error.kind === 'content' || error.status !== undefined) &&
      !isServerFault(error)
    )
      return undefined
    throw error
  }
}

function isServerFault({ status }: UpstreamError): boolean {
  return status !== undefined && (status >= 500 || status === 429)
}

function specsOf(context: Context, { name, version, file }: MetadataQuestion): FileSpec[] {
  const project = { name, rawName: name, lastSerial: 0, info: {}, releases: [{ version, files: [file] }] }
  return expectedFiles(project, { ...expectedOptions(context), coreMetadata: true })
}

/** undefined for the metadata of another project */
function ownMetadata(bytes: Buffer, name: string): CoreMetadata | undefined {
  const metadata = parseMetadata(bytes)
  return metadata.name === undefined || normalizeName(metadata.name) === name ? metadata : undefined
}

/**
 * Lines that are not UTF-8 are taken as they can be read: leaving them out would lose what they need. The texts are
 * copied, as parts of the document would keep all of it in memory.
 */
function requiresOf({ requiresDist, unparsed }: CoreMetadata): readonly string[] {
  const lines = unparsed.get('requires-dist') ?? requiresDist
  return lines.map((line) => Buffer.from(line).toString())
}
