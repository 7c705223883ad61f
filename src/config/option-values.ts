import type { OptionTable } from './option-spec.js'

/** `hash-index`, `root_uri` -> `hashIndex`, `rootUri` */
type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name extends `${infer First}_${infer Rest}`
    ? `${First}${Capitalize<CamelCase<Rest>>}`
    : Name

/** Text is undefined where it is empty; required text never is. */
type ValueOf<Spec> = Spec extends { readonly type: 'boolean' }
  ? boolean
  : Spec extends { readonly type: 'integer' | 'number' }
    ? number
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
