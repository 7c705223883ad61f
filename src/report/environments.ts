import { counted } from '../count.js'
import type { Environment } from '../packaging/environment.js'
import type { MarkerValue } from '../packaging/marker-evaluate.js'

const BEST_TAGS = 3

/** An environment as data: what `bandersnatch environments NAME --json` prints. */
export interface DescribedEnvironment {
  readonly name: string
  readonly definition: string
  /** best first */
  readonly tags: readonly string[]
  /** marker variable -> value */
  readonly variables: Readonly<Record<string, string>>
  /** marker variables that the definition leaves open, with the values that they may have, where these are few */
  readonly open: Readonly<Record<string, readonly string[] | 'any'>>
}

export function describeEnvironment({ name, text, tags, variables }: Environment): DescribedEnvironment {
  const decided = [...variables].filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  const open = [...variables].filter(([, value]) => typeof value !== 'string')
  return {
    name,
    definition: text,
    tags: tags.list(),
    variables: Object.fromEntries(decided),
    open: Object.fromEntries(open.map(([variable, value]) => [variable, possible(value)])),
  }
}

function possible(value: MarkerValue): readonly string[] | 'any' {
  return typeof value === 'object' && 'isAnyText' in value && !value.isAnyText ? value.values : 'any'
}

/** What `bandersnatch environments NAME` prints. */
export function environmentText({ name, definition, tags, variables, open }: DescribedEnvironment): string {
  const best = tags.slice(0, BEST_TAGS).join(', ')
  const values = Object.entries(variables).map(([variable, value]) => `    ${variable} = ${value}`)
  const ranges = Object.entries(open).map(([variable, each]) => {
    const range = each === 'any' ? 'any text' : `${each[0] ?? ''} to ${each.at(-1) ?? ''}`
    return `    ${variable}: ${range}`
  })
  return [
    `${name} = ${definition}`,
    `  accepts wheels with one of ${counted(tags.length, 'tag')}, best first: ${best}, ...`,
    '  marker variables:',
    ...values,
    '  left open (a dependency is left out only if its marker is false for every value):',
    ...ranges,
  ].join('\n')
}
