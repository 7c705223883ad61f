import type { OptionTable } from './option-spec.js'

/** How many bytes a second may be received, by the time of day. */
export interface BandwidthLimit {
  /** bytes a second outside all hours below; undefined for no limit */
  readonly usual: number | undefined
  /** they do not overlap */
  readonly hours: readonly BandwidthHours[]
}

/** Local time of day, in minutes since midnight. `to` is not included and may be less than `from`: over midnight. */
export interface BandwidthHours {
  readonly from: number
  readonly to: number
  /** bytes a second */
  readonly rate: number
}

/** `hash-index`, `root_uri` -> `hashIndex`, `rootUri` */
type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name extends `${infer First}_${infer Rest}`
    ? `${First}${Capitalize<CamelCase<Rest>>}`
    : Name

/** Text is undefined where it is empty; required text never is. A duration is seconds. */
type ValueOf<Spec> = Spec extends { readonly type: 'boolean' }
  ? boolean
  : Spec extends { readonly type: 'integer'; readonly word: infer Word }
    ? number | Word
    : Spec extends { readonly type: 'integer' | 'number' }
      ? number
      : Spec extends { readonly type: 'bandwidth' }
        ? BandwidthLimit | undefined
        : Spec extends { readonly type: 'duration' }
          ? number | undefined
          : Spec extends { readonly type: 'choice'; readonly choices: readonly (infer Choice)[] }
            ? Choice
            : Spec extends { readonly required: true }
              ? string
              : string | undefined

/** The values of a table's options by property name. Options whose name ends with a `*` have none. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table & string as Name extends `${string}*` ? never : CamelCase<Name>]: ValueOf<Table[Name]>
}

/** The property that has an option's value. */
export function propertyName(option: string): string {
  return option.replace(/[-_](.)/g, (_, letter: string) => letter.toUpperCase())
}
