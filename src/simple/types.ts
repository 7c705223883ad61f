export type SimpleFormat = 'ALL' | 'HTML' | 'JSON'
export type SimpleApiVersion = '1.1' | '1.4'

export interface PageOptions {
  readonly format: SimpleFormat
  readonly apiVersion: SimpleApiVersion
  /** which of upstream's digests the pages give */
  readonly digestName: string
  /** '' for links relative to the page */
  readonly rootUri: string
  /** whether core metadata files are mirrored and announced */
  readonly coreMetadata: boolean
}
