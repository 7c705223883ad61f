import { generatedBody } from './body.js'
import { formatCoreMetadata } from './core-metadata.js'
import type { PackageIndex, PackageIndexOptions } from './package-index.js'
import { createPackageIndex } from './package-index.js'
import type { Upload } from './types.js'

export interface GenerateOptions extends PackageIndexOptions {
  readonly projects: number
  /** one sdist and one wheel a release, so an even number; the same for all, or from the first up to the second */
  readonly filesPerProject?: number | readonly [number, number]
  /** bytes of a file, from the first up to the second; most files are near the first, as on PyPI */
  readonly sizes?: readonly [number, number]
  readonly seed?: number
}

/**
 * An index of projects that look like PyPI's, though no file of theirs is an archive. The same options give the same
 * index. File bytes are made when they are asked for, digests once.
 */
export function generateIndex(options: GenerateOptions): PackageIndex {
  const { filesPerProject = 4, sizes = [64, 4096], seed = 1 } = options
  const [fewest, most] = typeof filesPerProject === 'number' ? [filesPerProject, filesPerProject] : filesPerProject
  const random = randomNumbers(seed)
  const index = createPackageIndex(options)
  for (let number = 0; number < options.projects; number++) {
    const name = projectName(number, random)
    const files = fewest + Math.floor(random() * (most - fewest + 1))
    for (let file = 0; file < files; file++) {
      const size = Math.floor(sizes[0] + (sizes[1] - sizes[0]) * random() ** 4)
      const version = `1.${Math.floor(file / 2)}`
      index.publish(name, version, [generatedFile(name, version, { wheel: file % 2 === 1, size, seed })])
    }
  }
  return index
}

/** A file by seed: no archive, but an index cannot tell. */
export function generatedFile(
  name: string,
  version: string,
  { wheel, size, seed = 1 }: { readonly wheel: boolean; readonly size: number; readonly seed?: number },
): Upload {
  const stem = `${name.replace(/[-_.]+/g, '_').toLowerCase()}-${version}`
  const filename = wheel ? `${stem}-py3-none-any.whl` : `${stem}.tar.gz`
  const fields = {
    'Metadata-Version': '2.1',
    Name: name,
    Version: version,
    Summary: `Generated project ${name}`,
    'Requires-Python': '>=3.8',
  }
  return {
    filename,
    body: generatedBody(`${seed} ${filename}`, size),
    metadata: formatCoreMetadata(fields, ''),
    servesMetadata: wheel,
  }
}

const SPELLINGS = ['-', '_', '.'] as const

/** Most names are normalized; some have capitals, dots and underscores. */
function projectName(number: number, random: () => number): string {
  const separator = SPELLINGS[Math.floor(random() * 6)] ?? '-'
  const word = random() < 0.1 ? 'Project' : 'project'
  return `${word}${separator}${String(number).padStart(5, '0')}`
}

/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
