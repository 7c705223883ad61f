/** One stored file that a project should have: a release file or its core metadata file. */
export interface FileSpec {
  /** key below the mirror directory, e.g. `web/packages/ab/cd/…/name.whl` */
  readonly key: string
  /** where to fetch it, in order of preference */
  readonly urls: readonly string[]
  readonly filename: string
  /** bytes; undefined for core metadata files, whose size upstream does not tell */
  readonly size: number | undefined
  /** the digest that decides: name as Node's crypto knows it, lower-case hex */
  readonly digest: { readonly name: string; readonly hex: string }
  /** modification time of the stored file, in seconds since the epoch with fraction; undefined: leave it */
  readonly uploadTime: number | undefined
  readonly kind: 'release' | 'metadata'
}
