export interface Difference {
  readonly path: string
  readonly what: string
  readonly detail: string
}
export function compare(
  expect: { readonly manifest: unknown },
  root: string,
  options: { readonly base: string; readonly dir?: string; readonly blobs?: string; readonly ignore?: readonly string[] },
): Difference[]
export function globToRegExp(glob: string): RegExp
