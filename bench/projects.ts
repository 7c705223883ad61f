import { identity } from './names.js'
import type { Identity } from './names.js'
import { randomNumbers, spread, whole } from './random.js'
import type { Random } from './random.js'

export interface Sized {
  readonly projects: number
  /** release files of all projects together */
  readonly files: number
  /** of all release files together */
  readonly bytes: number
  /** of the largest file at most */
  readonly largest: number
  readonly seed: number
}

export interface PlannedFile {
  readonly filename: string
  readonly version: string
  readonly packagetype: 'sdist' | 'bdist_wheel'
  readonly size: number
  /** ISO 8601 with microseconds, as PyPI has it */
  readonly uploaded: string
  /** bytes of its core metadata file (PEP 658); 0 where it has none */
  readonly metadataSize: number
}

export interface PlannedProject extends Identity {
  readonly files: readonly PlannedFile[]
}

const FIRST_UPLOAD = Date.UTC(2012, 0, 1)
const UPLOAD_STEP_MS = 9 * 24 * 3600 * 1000
const MOST_FILES = 2000
const PLATFORMS = [
  'manylinux_2_17_x86_64.manylinux2014_x86_64',
  'manylinux_2_17_aarch64.manylinux2014_aarch64',
  'musllinux_1_2_x86_64',
  'macosx_11_0_arm64',
  'macosx_10_9_x86_64',
  'win_amd64',
]

/** The kinds of a release's files: one wheel, a wheel and an sdist, or an sdist and wheels for platforms. */
function releaseShape(random: Random): string[] {
  const draw = random()
  if (draw < 0.3) return ['py3-none-any']
  if (draw < 0.75) return ['sdist', 'py3-none-any']
  const pythons = 1 + whole(random, 3)
  const tags = Array.from({ length: pythons }, (_, at) => `cp3${10 + at}-cp3${10 + at}`)
  return [
    'sdist',
    ...tags.flatMap((tag) => PLATFORMS.slice(0, 2 + whole(random, 5)).map((platform) => `${tag}-${platform}`)),
  ]
}

function version(release: number): string {
  return `${Math.floor(release / 40)}.${Math.floor(release / 5) % 8}.${release % 5}`
}

/** Projects spread like PyPI's: half of them have a handful of files, a few have hundreds. The seed decides all. */
export function* planProjects(sized: Sized): Generator<PlannedProject> {
  const random = randomNumbers(sized.seed)
  const least = Math.min(400, sized.largest)
  const counts = spread(random, { count: sized.projects, total: sized.files, sigma: 1.3, least: 1, most: MOST_FILES })
  const sizes = spread(random, { count: sized.files, total: sized.bytes, sigma: 1.3, least, most: sized.largest })
  let used = 0
  for (const [number, count] of counts.entries()) {
    const own = sizes.slice(used, used + count)
    used += count
    const project = identity(number)
    yield { ...project, files: planFiles(random, project.normalizedName.replace(/-/g, '_'), own) }
  }
}

function planFiles(random: Random, stem: string, sizes: readonly number[]): PlannedFile[] {
  const files: PlannedFile[] = []
  const readme = 600 + Math.floor(2500 * Math.exp(whole(random, 200) / 100 - 1))
  for (let release = 0; files.length < sizes.length; release++) {
    const uploaded = FIRST_UPLOAD + release * UPLOAD_STEP_MS + whole(random, UPLOAD_STEP_MS)
    for (const tag of releaseShape(random).slice(0, sizes.length - files.length)) {
      const sdist = tag === 'sdist'
      files.push({
        filename: sdist ? `${stem}-${version(release)}.tar.gz` : `${stem}-${version(release)}-${tag}.whl`,
        version: version(release),
        packagetype: sdist ? 'sdist' : 'bdist_wheel',
        size: sizes[files.length] ?? 0,
        uploaded: new Date(uploaded).toISOString().replace('Z', `${String(whole(random, 1000)).padStart(3, '0')}Z`),
        metadataSize: sdist ? 0 : readme,
      })
    }
  }
  return files
}
