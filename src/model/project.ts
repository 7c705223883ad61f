/** A JSON object as it came from upstream; read only through checks. */
export type JsonObject = { readonly [key: string]: unknown }

/** What upstream says of a release file's core metadata file (PEP 658, PEP 714). */
export type CoreMetadata = boolean | ReadonlyMap<string, string> | undefined

/** A digest by its name in upstream's documents, in lower-case hex. */
export interface Digest {
  readonly name: string
  readonly hex: string
}

/** One release file: a wheel, an sdist or an older kind of archive. */
export interface ReleaseFile {
  readonly filename: string
  /** absolute URL upstream */
  readonly url: string
  /** path of the URL below which the mirror has the file: upstream's own where it starts with /packages/ */
  readonly path: string
  /** bytes; undefined where upstream does not say */
  readonly size: number | undefined
  /** digest name -> lower-case hex, as upstream gives them */
  readonly digests: ReadonlyMap<string, string>
  /** the one of them that verifies the file */
  readonly digest: Digest
  /** ISO 8601 text as upstream gives it */
  readonly uploadTime: string | undefined
  readonly coreMetadata: CoreMetadata
  /** the document's own object: pages and metadata filters read further fields from it */
  readonly raw: JsonObject
}

/** One version of a project with its files in upstream's order. */
export interface Release {
  readonly version: string
  readonly files: readonly ReleaseFile[]
}

/** What only the project's PEP 691 page says: PEP 792 status, PEP 708 locations, PEP 740 provenance. */
export interface PageFields {
  readonly projectStatus: { readonly status: string; readonly reason: string | undefined } | undefined
  readonly alternateLocations: readonly string[]
  /** filename -> URL of the attestations; null: there are none; absent: upstream does not say */
  readonly provenance: ReadonlyMap<string, string | null>
}

/** A project's metadata document, parsed. Never mutated: filters return a new one. */
export interface Project {
  /** normalized name (PEP 503) */
  readonly name: string
  /** the name as the list of projects spells it */
  readonly rawName: string
  readonly lastSerial: number
  /** the whole document, for metadata filters; absent where upstream has only pages */
  readonly document?: JsonObject
  /** the document's `info` object */
  readonly info: JsonObject
  /** in the document's order */
  readonly releases: readonly Release[]
  readonly page?: PageFields
}

/** The project with core metadata taken from these files: pages that are made of it do not name any for them. */
export function withoutCoreMetadata(project: Project, filenames: ReadonlySet<string>): Project {
  if (filenames.size === 0) return project
  const releases = project.releases.map((release) => ({
    ...release,
    files: release.files.map((file) => (filenames.has(file.filename) ? { ...file, coreMetadata: undefined } : file)),
  }))
  return { ...project, releases }
}

/** All files of all releases, in the document's order. */
export function releaseFiles(project: Project): ReleaseFile[] {
  return project.releases.flatMap((release) => release.files)
}
