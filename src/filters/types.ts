import type { ListEntry } from './list-entries.js'
import type { JsonObject, Project, Release, ReleaseFile } from '../model/project.js'

/** Why something was dropped; the run's explanation and debug log print it. */
export interface Verdict {
  readonly keep: boolean
  readonly reason?: string
}

interface Named {
  /** the name in `[plugins] enabled` */
  readonly name: string
  /** one line for check-config: what the plugin will do */
  readonly summary: string
  /** what decides, as plain data: two filters with equal settings decide alike. Part of the fingerprint. */
  readonly settings: unknown
  /** true: a simple page tells all that the filter reads: names, versions, filenames and, in JSON pages, upload times */
  readonly pageSuffices?: boolean
}

/**
 * When a filter's answer changes although upstream changes nothing: milliseconds since the epoch. undefined: never. The
 * engine looks at the project again then. An answer that may change needs it: nothing else tells the engine of the time.
 */
export type Due = number | undefined

/** Decides by the project's name, before anything is fetched. */
export interface ProjectFilter extends Named {
  readonly kind: 'project'
  /** true: keeps only projects that a list names */
  readonly onlyListed?: true
  /** `name`: as the list of projects spells it, normalized or not */
  keepProject(name: string): boolean
  /** for all names together: the whole list is compared then */
  readonly dueAt?: () => Due
}
/** Decides by the project's metadata document. */
export interface MetadataFilter extends Named {
  readonly kind: 'metadata'
  /** @throws InvalidDocumentError where the document has not what the filter reads */
  keepMetadata(project: Project): boolean
  readonly dueAt?: (project: Project) => Due
}
/** Decides which releases stay. */
export interface ReleaseFilter extends Named {
  readonly kind: 'release'
  /** true: this filter alone decides about the project's releases; the other release filters are not asked */
  decidesAlone?(project: Project): boolean
  /** true: asked when all the others are done with the project, so that it counts only what they keep */
  readonly last?: boolean
  /** present: drops what is known to be bad. No other filter takes its place, and nothing brings back what it drops. */
  readonly advises?: Advises
  /**
   * `project.releases` holds what no filter has dropped so far, as in bandersnatch 8.0.
   * @throws InvalidDocumentError where the document has not what the filter reads
   */
  keepRelease(release: Release, project: Project): boolean
  readonly dueAt?: (release: Release, project: Project) => Due
}

/** Decides which files of a release stay. */
export interface ReleaseFileFilter extends Named {
  readonly kind: 'release_file'
  /**
   * @param release with all files that upstream has, also those that another filter drops
   * @throws InvalidDocumentError where the document has not what the filter reads
   */
  keepFile(file: ReleaseFile, release: Release, info: JsonObject): boolean
  readonly dueAt?: (file: ReleaseFile, release: Release, info: JsonObject) => Due
}

/** What a filter that goes by advisories knows beside its decisions. `name`: normalized */
export interface Advises {
  /** what becomes of files that are mirrored already */
  readonly action: 'unlist' | 'delete'
  /** where the advisories come from */
  readonly source: AdvisorySource
  /** ids of the advisories that block a version; none: it is not blocked */
  readonly blocking: (name: string, version: string) => readonly string[]
  /** part of what shapes a project; '' where nothing is known of it */
  readonly fingerprint: (name: string) => string
}

/** `[osv]`: a database of advisories. */
export interface AdvisorySource {
  /** URL, or absolute path of a file or directory */
  readonly database: string
  /** beginnings of the ids that count, such as `MAL-` */
  readonly prefixes: readonly string[]
  /** ids, and names of projects, that block nothing */
  readonly ignore: readonly string[]
  /** days without an answer of the source after which a run is incomplete */
  readonly maxAgeDays: number
}

export type Filter = ProjectFilter | MetadataFilter | ReleaseFilter | ReleaseFileFilter

/** Which files are wanted beside what the filters say: those that requirements need. */
export interface Selection {
  /** names of the files that are wanted of a project; undefined: all. `name`: normalized */
  filesOf(name: string): ReadonlySet<string> | undefined
}

/** The filters of a configuration, each list in the order in which its filters are asked. */
export interface Filters {
  readonly project: readonly ProjectFilter[]
  readonly metadata: readonly MetadataFilter[]
  readonly release: readonly ReleaseFilter[]
  readonly releaseFile: readonly ReleaseFileFilter[]
  /** asked last, where [closure] is set */
  readonly selection?: Selection
  /** changes when a setting or a requirements file changes what is kept: SHA-256, hex */
  readonly fingerprint: string
  /** a filter reads more of the metadata document than simple pages tell: names, versions and filenames */
  readonly needsMetadata: boolean
  /** the entries of all lists that the filters go by, each once */
  readonly entries: readonly ListEntry[]
  /** those of them that pin a version of a project to mirror, by project */
  readonly pins: ReadonlyMap<string, readonly ListEntry[]>
  /** plugin -> where it is set up: file, line, section and option */
  readonly places: Readonly<Record<string, string>>
  /** the release filter that goes by advisories */
  readonly advisories: (ReleaseFilter & { readonly advises: Advises }) | undefined
  /** some answers change with time */
  readonly timed: boolean
  /** settings that bandersnatch 8.0 accepts but that hardly do what was meant, one line each */
  readonly warnings: readonly string[]
}

/** One thing that the filters dropped, for `--explain`. */
export interface Drop {
  readonly kind: 'project' | 'release' | 'file'
  readonly version?: string
  readonly filename?: string
  /** the plugin that dropped it; undefined for a release that has no files */
  readonly plugin: string | undefined
  /** when the filter's answer changes: milliseconds since the epoch */
  readonly until?: number
  /** ids of the advisories that block a release */
  readonly advisories?: readonly string[]
}
