import type { CandidateFile, CandidateRelease } from '../../closure/types.js'
import { selectorFacts } from '../../filters/environments.js'
import type { Project, ReleaseFile } from '../../model/project.js'
import { isSdist } from '../../packaging/file-selector.js'
import type { FileSelector } from '../../packaging/file-selector.js'

/**
 * The releases of a project with the files that one of the environments can install. Releases without such a file stay,
 * empty: they tell why a requirement is not met.
 */
export function candidateReleases(project: Project, selectors: readonly FileSelector[]): CandidateRelease[] {
  return project.releases.map(({ version, files }) => ({
    version,
    files: files.map(candidateFile).filter((file) => selectors.some((selector) => selector.isUsable(file))),
  }))
}

function candidateFile(file: ReleaseFile): CandidateFile {
  const { raw, digest, coreMetadata, size } = file
  const [first] = typeof coreMetadata === 'object' ? [...coreMetadata] : []
  return {
    ...selectorFacts(file),
    isYanked: raw['yanked'] === true || (typeof raw['yanked'] === 'string' && raw['yanked'] !== ''),
    ...(size === undefined ? {} : { size }),
    digest: `${digest.name}:${digest.hex}`,
    metadataKey: first === undefined ? undefined : first.join(':'),
  }
}

/** So many files are remembered with their addresses: some ten megabytes. */
const MOST_FILES = 50_000

/** Remembers where to get the files of projects that were asked for in this run; the oldest are forgotten first. */
export interface FilePlaces {
  add(project: Project): void
  /** undefined where the project is not remembered, or has no such file */
  get(name: string, filename: string): ReleaseFile | undefined
  /** an sdist of the release */
  sdistOf(name: string, version: string): ReleaseFile | undefined
  clear(): void
}

/** Is not needed to read what a file requires, and takes most of the room. */
const NOTHING = { raw: {}, digests: new Map<string, string>() }

type Places = ReadonlyMap<string, { readonly file: ReleaseFile; readonly version: string }>

export function createFilePlaces(): FilePlaces {
  const projects = new Map<string, Places>()
  let count = 0
  return {
    add({ name, releases }) {
      const places: Places = new Map(
        releases.flatMap(({ version, files }) =>
          files.map((file) => [file.filename, { file: { ...file, ...NOTHING }, version }] as const),
        ),
      )
      count += places.size - (projects.get(name)?.size ?? 0)
      projects.delete(name)
      projects.set(name, places)
      for (const [oldest, own] of projects) {
        if (count <= MOST_FILES || oldest === name) break
        projects.delete(oldest)
        count -= own.size
      }
    },
    clear: () => projects.clear(),
    get: (name, filename) => projects.get(name)?.get(filename)?.file,
    sdistOf(name, version) {
      const places = [...(projects.get(name)?.values() ?? [])]
      return places.find((place) => place.version === version && isSdist(place.file.filename))?.file
    },
  }
}
