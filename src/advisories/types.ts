/** An event of a range: from where on versions are affected, or no longer. */
export type RangeEvent = readonly [kind: 'introduced' | 'fixed' | 'last_affected' | 'limit', version: string]

/** A range of versions (type ECOSYSTEM), as its events. */
export type AffectedRange = readonly RangeEvent[]

/** What a record says of one project. A version is affected when it is listed or lies in a range. */
export interface Advisory {
  readonly id: string
  /** as the record spells them */
  readonly versions: readonly string[]
  readonly ranges: readonly AffectedRange[]
}

/** What became of a record. */
export type ParsedRecord =
  | { readonly kind: 'advisory'; readonly projects: readonly AffectedProject[] }
  /** withdrawn by its authors */
  | { readonly kind: 'withdrawn' }
  /** about another ecosystem, or with an id that is not wanted */
  | { readonly kind: 'other' }
  /** `problem`: one line */
  | { readonly kind: 'unreadable'; readonly problem: string }

export interface AffectedProject {
  /** normalized */
  readonly name: string
  readonly advisory: Advisory
}

/** A record as a source has it. */
export interface RawRecord {
  /** where it was: a file name, or `line 7` */
  readonly name: string
  /** undefined: the name says that its id is not wanted, so it was not read */
  readonly text: string | undefined
}

/** How many records of each kind a database had. */
export interface FeedCounts {
  /** everything that was looked at */
  readonly records: number
  readonly advisories: number
  readonly withdrawn: number
  readonly other: number
  readonly unreadable: number
}
