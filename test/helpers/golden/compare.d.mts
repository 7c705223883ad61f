export interface Difference {
  readonly path: string
  readonly what: string
  readonly detail: string
}
export function compare(
  expect: { readonly manifest: unknown },
  root: string,
  options: {
    readonly base: string
    readonly dir?: string
    readonly blobs?: string
    readonly ignore?: readonly string[]
  },
): Difference[]
export function globToRegExp(glob: string): RegExp

export interface ManifestEntry {
  readonly type: string
  /** of a symlink: `@DIR@/` and a path in the manifest */
  readonly target?: string
  readonly size?: number
  readonly sha256?: string
  /** of release files: seconds since the epoch */
  readonly mtime?: number
}
/** `texts`: filled with the contents of all but release files, by digest */
export function manifest(
  root: string,
  options: { readonly base: string; readonly dir?: string },
  texts?: Map<string, Buffer>,
): Record<string, ManifestEntry>
