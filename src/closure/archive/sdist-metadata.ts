import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InvalidDocumentError } from '../../errors.js'
import { MAX_METADATA } from '../../packaging/metadata.js'
import { normalizeName } from '../../packaging/name.js'
import type { ByteSource } from './tar.js'
import { findInTar } from './tar.js'
import type { RandomAccess } from './random-access.js'
import { withEndRead } from './random-access.js'
import { LONGEST_END, readZipDirectory } from './zip-directory.js'
import { readZipEntry } from './zip-entry.js'

/** More is not unpacked in search of a file. */
const MAX_UNPACKED = 1024 * 1024 * 1024

/** Files at the top of an sdist that tell what it needs. */
export interface SdistFiles {
  readonly pkgInfo: Buffer | undefined
  /** absent where it was not asked for */
  readonly pyproject: Buffer | undefined
}

export type SdistFile = 'PKG-INFO' | 'pyproject.toml'

/**
 * PKG-INFO and pyproject.toml out of an sdist that is a .tar.gz. Nothing of the stream is read behind the last of
 * `wanted`, of which PKG-INFO stands among the first files of most sdists.
 * @param project any spelling
 * @throws InvalidDocumentError if the archive is damaged or unpacks to more than `maxUnpacked` bytes before that;
 * what the stream itself throws
 */
export async function readTarSdist(
  sdist: AsyncIterable<Uint8Array>,
  project: string,
  { wanted = ['PKG-INFO'], maxUnpacked = MAX_UNPACKED }: { wanted?: readonly SdistFile[]; maxUnpacked?: number } = {},
): Promise<SdistFiles> {
  const unpacked = createGunzip()
  const input = Readable.from(sdist, { objectMode: false })
  let inputError: Error | undefined
  input.on('error', (error: Error) => (inputError = error))
  pipeline(input, unpacked, () => undefined)
  try {
    const rules = { kinds: wanted, limit: MAX_METADATA }
    const kindOf = (path: string): SdistFile | undefined => sdistFile(path, project, wanted)
    const found = await findInTar(byteSource(unpacked, maxUnpacked), kindOf, rules)
    return { pkgInfo: found.get('PKG-INFO'), pyproject: found.get('pyproject.toml') }
  } catch (error) {
    if (inputError !== undefined) throw inputError
    if (error instanceof InvalidDocumentError) throw error
    throw new InvalidDocumentError('not a .tar.gz archive that can be read', { cause: error })
  } finally {
    unpacked.destroy()
    input.destroy()
  }
}

/**
 * The same out of an sdist that is a zip archive.
 * @throws InvalidDocumentError if the archive is damaged
 */
export async function readZipSdist(
  sdist: RandomAccess,
  project: string,
  wanted: readonly SdistFile[] = ['PKG-INFO'],
): Promise<SdistFiles> {
  const file = await withEndRead(sdist, LONGEST_END)
  const entries = await readZipDirectory(file)
  const content = async (kind: SdistFile): Promise<Buffer | undefined> => {
    const entry = entries.find(({ name }) => sdistFile(name, project, wanted) === kind)
    return entry && readZipEntry(file, entry, MAX_METADATA)
  }
  return { pkgInfo: await content('PKG-INFO'), pyproject: await content('pyproject.toml') }
}

/** `NAME-VERSION/PKG-INFO`: those further down are of something else (PEP 643). */
function sdistFile(path: string, project: string, wanted: readonly SdistFile[]): SdistFile | undefined {
  const [directory = '', file, ...rest] = path.replace(/^\.\//, '').split('/')
  const isTop = rest.length === 0 && normalizeName(directory).startsWith(normalizeName(project))
  return isTop ? wanted.find((each) => each === file) : undefined
}

function byteSource(stream: AsyncIterable<Buffer>, limit: number): ByteSource {
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  let total = 0
  async function fill(): Promise<boolean> {
    const next = await chunks.next()
    if (next.done === true) return false
    total += next.value.length
    if (total > limit) throw new InvalidDocumentError(`the archive unpacks to more than ${limit} bytes`)
    rest = next.value
    return true
  }
  return {
    async take(length) {
      const parts: Buffer[] = []
      for (let missing = length; missing > 0;) {
        if (rest.length === 0 && !(await fill())) break
        const part = rest.subarray(0, missing)
        rest = rest.subarray(part.length)
        missing -= part.length
        parts.push(part)
      }
      return Buffer.concat(parts)
    },
    async skip(length) {
      for (let missing = length; missing > 0;) {
        if (rest.length === 0 && !(await fill())) return
        const count = Math.min(missing, rest.length)
        rest = rest.subarray(count)
        missing -= count
      }
    },
  }
}
