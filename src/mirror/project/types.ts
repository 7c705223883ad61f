/** Which projects' served pages name a release file. A file of another project's page is neither removed nor replaced. */
export interface Owners {
  /** Projects other than `name` whose pages name the file `key`. */
  others(key: string, name: string): Promise<string[]>
  /** Notes whether a project's pages, just written, name files that carry the name of another project. */
  note(name: string, foreign: boolean): void
  /** whether all pages were read, so that the ledger now says which projects name foreign files */
  scanned(): boolean
}
