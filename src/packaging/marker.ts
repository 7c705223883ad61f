import { normalizeName } from './name.js'
import { unquote } from './requirement-quoted.js'
import type { Scanner } from './requirement-scanner.js'
import { createScanner } from './requirement-scanner.js'

/** One side of a comparison: the name of an environment variable of the marker, or a quoted text. */
export interface MarkerOperand {
  readonly isVariable: boolean
  readonly text: string
}

export type MarkerOperator = '===' | '==' | '~=' | '!=' | '<=' | '>=' | '<' | '>' | 'in' | 'not in'

export interface MarkerComparison {
  readonly kind: 'comparison'
  readonly left: MarkerOperand
  readonly operator: MarkerOperator
  readonly right: MarkerOperand
}

/** At least two terms with an operator between each two of them; `and` binds stronger than `or`. */
export interface MarkerGroup {
  readonly kind: 'group'
  readonly terms: readonly Marker[]
  readonly operators: readonly ('and' | 'or')[]
}

/** An environment marker (PEP 508) as a tree. Extras and groups that are compared have normalized names (PEP 685). */
export type Marker = MarkerComparison | MarkerGroup

const WORD_END = '(?![\\p{L}\\p{N}_])'
const LOGICAL = new RegExp(`(?:or|and)${WORD_END}`, 'uy')
const IN = new RegExp(`in${WORD_END}`, 'uy')
const NOT_IN = new RegExp(`not[ \\t]+in${WORD_END}`, 'uy')
const COMPARISONS = ['===', '==', '~=', '!=', '<=', '>=', '<', '>'] as const
const COMPARISON = new RegExp(COMPARISONS.join('|'), 'y')
const VARIABLE = new RegExp(
  '(?:python_version|python_full_version|os[._]name|sys[._]platform|platform_(?:release|system)' +
    '|platform[._](?:version|machine|python_implementation)|python_implementation' +
    `|implementation_(?:name|version)|extras?|dependency_groups)${WORD_END}`,
  'uy',
)
const QUOTED = /'[^']*'|"[^"]*"/y
/** parentheses within parentheses; Python gives up some way below 500 */
const DEEPEST = 400

/** Reads an environment marker (PEP 508) as `packaging` does; undefined if it is not valid. */
export function parseMarker(text: string): Marker | undefined {
  const scanner = createScanner(text)
  const marker = takeGroup(scanner, 0)
  return scanner.isAtEnd() ? marker : undefined
}

/** The normalized text of a marker, without the parentheses that it does not need. */
export function formatMarker(marker: Marker): string {
  if (marker.kind === 'comparison') {
    return `${spell(marker.left) ?? ''} ${marker.operator} ${spell(marker.right) ?? ''}`
  }
  return marker.terms.map((term, i) => (i === 0 ? '' : ` ${marker.operators[i - 1]} `) + enclose(term)).join('')
}

function enclose(term: Marker): string {
  return term.kind === 'group' ? `(${formatMarker(term)})` : formatMarker(term)
}

function takeGroup(scanner: Scanner, depth: number): Marker | undefined {
  const first = takeTerm(scanner, depth)
  if (first === undefined) return undefined
  const terms = [first]
  const operators: ('and' | 'or')[] = []
  for (let token = scanner.take(LOGICAL); token !== undefined; token = scanner.take(LOGICAL)) {
    const next = takeTerm(scanner, depth)
    if (next === undefined) return undefined
    operators.push(token === 'or' ? 'or' : 'and')
    terms.push(next)
  }
  return operators.length === 0 ? first : { kind: 'group', terms, operators }
}

function takeTerm(scanner: Scanner, depth: number): Marker | undefined {
  scanner.skipBlanks()
  let term: Marker | undefined
  if (scanner.take(/\(/y) === undefined) {
    term = takeComparison(scanner)
  } else if (depth < DEEPEST) {
    term = takeGroup(scanner, depth + 1)
    if (scanner.take(/\)/y) === undefined) return undefined
  }
  scanner.skipBlanks()
  return term
}

function takeComparison(scanner: Scanner): MarkerComparison | undefined {
  const left = takeOperand(scanner)
  scanner.skipBlanks()
  const operator = takeOperator(scanner)
  scanner.skipBlanks()
  const right = takeOperand(scanner)
  if (left === undefined || operator === undefined || right === undefined) return undefined
  if (spell(left) === undefined || spell(right) === undefined) return undefined
  return { kind: 'comparison', left: nameIf(namesExtras(right), left), operator, right: nameIf(isExtra(left), right) }
}

function isExtra({ isVariable, text }: MarkerOperand): boolean {
  return isVariable && text === 'extra'
}

/** Whether a text to the left of the operand names an extra or a group, compared in normalized form (PEP 685). */
function namesExtras({ isVariable, text }: MarkerOperand): boolean {
  return isVariable && (text === 'extra' || text === 'extras' || text === 'dependency_groups')
}

function nameIf(isName: boolean, operand: MarkerOperand): MarkerOperand {
  return isName && !operand.isVariable ? { isVariable: false, text: normalizeName(operand.text) } : operand
}

function takeOperator(scanner: Scanner): MarkerOperator | undefined {
  if (scanner.take(NOT_IN) !== undefined) return 'not in'
  if (scanner.take(IN) !== undefined) return 'in'
  const token = scanner.take(COMPARISON)
  return COMPARISONS.find((operator) => operator === token)
}

function takeOperand(scanner: Scanner): MarkerOperand | undefined {
  const variable = scanner.take(VARIABLE)?.replace('.', '_')
  if (variable !== undefined) {
    const text = variable === 'python_implementation' ? 'platform_python_implementation' : variable
    return { isVariable: true, text }
  }
  const quoted = scanner.take(QUOTED)
  const text = quoted === undefined ? undefined : unquote(quoted)
  return text === undefined ? undefined : { isVariable: false, text }
}

/** The operand in quotes if it is a text; undefined if it holds both kinds of quotes, which no marker can express. */
function spell({ isVariable, text }: MarkerOperand): string | undefined {
  if (isVariable) return text
  if (!text.includes('"')) return `"${text}"`
  return text.includes("'") ? undefined : `'${text}'`
}
