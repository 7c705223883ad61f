import { createHash } from 'node:crypto'
import { memoryBody } from './body.js'
import { BUILD_BACKEND } from './build-backend.js'
import { formatCoreMetadata } from './core-metadata.js'
import type { Upload } from './types.js'
import { writeTarGz } from './tar.js'
import type { Member } from './zip.js'
import { writeZip } from './zip.js'

/** What a wheel or an sdist is built from. */
export interface Distribution {
  readonly name: string
  readonly version: string
  readonly summary?: string
  readonly description?: string
  readonly requiresPython?: string
  readonly requiresDist?: readonly string[]
  /** 2.1 unless given; from 2.2 on an sdist tells for certain what it requires (PEP 643) */
  readonly metadataVersion?: string
  /** what building the sdist requires; nothing unless given, as it has its own build backend */
  readonly buildRequires?: readonly string[]
  readonly extras?: readonly string[]
  readonly classifiers?: readonly string[]
  /** path below site-packages -> contents; a package that says its version unless given */
  readonly files?: Readonly<Record<string, string | Buffer>>
  /** console scripts: name -> `module:function` */
  readonly scripts?: Readonly<Record<string, string>>
}

export interface WheelOptions {
  /** `py3-none-any` unless given */
  readonly tag?: string
  /** whether the index serves its METADATA; true unless given */
  readonly servesMetadata?: boolean
}

/** A wheel that pip installs (https://packaging.python.org/specifications/binary-distribution-format/). */
export function wheel(distribution: Distribution, options: WheelOptions = {}): Upload {
  const tag = options.tag ?? 'py3-none-any'
  const stem = filenameStem(distribution)
  const info = `${stem}.dist-info`
  const metadata = coreMetadata(distribution)
  const [pythons = '', abi = '', platforms = ''] = tag.split('-')
  const tags = pythons
    .split('.')
    .flatMap((python) => platforms.split('.').map((platform) => `Tag: ${python}-${abi}-${platform}\n`))
  const pure = platforms === 'any'
  const members: Member[] = [
    ...sources(distribution),
    [`${info}/METADATA`, metadata],
    [
      `${info}/WHEEL`,
      Buffer.from(`Wheel-Version: 1.0\nGenerator: fixture\nRoot-Is-Purelib: ${pure}\n${tags.join('')}`),
    ],
    ...entryPoints(distribution, `${info}/entry_points.txt`),
  ]
  const record = members.map(
    ([path, bytes]) => `${path},sha256=${createHash('sha256').update(bytes).digest('base64url')},${bytes.length}\n`,
  )
  members.push([`${info}/RECORD`, Buffer.from(`${record.join('')}${info}/RECORD,,\n`)])
  return {
    filename: `${stem}-${tag}.whl`,
    body: memoryBody(writeZip(members)),
    metadata,
    servesMetadata: options.servesMetadata ?? true,
  }
}

/** An sdist that pip builds without fetching a build backend. */
export function sdist(distribution: Distribution): Upload {
  const stem = filenameStem(distribution)
  const metadata = coreMetadata(distribution)
  const members: Member[] = [
    ['PKG-INFO', metadata],
    [
      'pyproject.toml',
      Buffer.from(
        `[build-system]\nrequires = ${JSON.stringify(distribution.buildRequires ?? [])}\n` +
          'build-backend = "build_backend"\nbackend-path = ["."]\n',
      ),
    ],
    ['build_backend.py', Buffer.from(BUILD_BACKEND)],
    ...sources(distribution).map(([path, bytes]): Member => [`src/${path}`, bytes]),
    ...entryPoints(distribution, 'entry_points.txt'),
  ]
  return {
    filename: `${stem}.tar.gz`,
    body: memoryBody(writeTarGz(members.map(([path, bytes]) => [`${stem}/${path}`, bytes]))),
    metadata,
    servesMetadata: false,
  }
}

function coreMetadata(distribution: Distribution): Buffer {
  const description = distribution.description ?? ''
  return formatCoreMetadata(
    {
      'Metadata-Version': distribution.metadataVersion ?? '2.1',
      Name: distribution.name,
      Version: distribution.version,
      Summary: distribution.summary,
      Classifier: distribution.classifiers,
      'Requires-Python': distribution.requiresPython,
      'Provides-Extra': distribution.extras,
      'Requires-Dist': distribution.requiresDist,
      'Description-Content-Type': description === '' ? undefined : 'text/markdown',
    },
    description,
  )
}

function sources(distribution: Distribution): Member[] {
  const module = importName(distribution.name)
  const files = distribution.files ?? { [`${module}/__init__.py`]: `__version__ = '${distribution.version}'\n` }
  return Object.entries(files).map(([path, content]) => [path, Buffer.from(content)])
}

function entryPoints({ scripts }: Distribution, path: string): Member[] {
  if (scripts === undefined) return []
  const lines = Object.entries(scripts).map(([name, target]) => `${name} = ${target}\n`)
  return [[path, Buffer.from(`[console_scripts]\n${lines.join('')}`)]]
}

function filenameStem({ name, version }: Distribution): string {
  return `${importName(name)}-${version.replaceAll('-', '_')}`
}

/** The name as filenames and modules spell it. */
function importName(name: string): string {
  return name.replace(/[-_.]+/g, '_').toLowerCase()
}
