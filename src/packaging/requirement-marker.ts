import { normalizeName } from './name.js'
import { unquote } from './requirement-quoted.js'
import type { Scanner } from './requirement-scanner.js'
import { createScanner } from './requirement-scanner.js'

/** One side of a comparison: the name of a variable of the environment, or a quoted text. */
interface Operand {
  readonly isVariable: boolean
  readonly text: string
}

/** A normalized expression; one with `and` or `or` needs parentheses inside another. */
interface Expression {
  readonly text: string
  readonly isCompound: boolean
}

const WORD_END = '(?![\\p{L}\\p{N}_])'
const LOGICAL = new RegExp(`(?:or|and)${WORD_END}`, 'uy')
const IN = new RegExp(`in${WORD_END}`, 'uy')
const NOT_IN = new RegExp(`not[ \\t]+in${WORD_END}`, 'uy')
const COMPARISON = /===|==|~=|!=|<=|>=|<|>/y
const VARIABLE = new RegExp(
  '(?:python_version|python_full_version|os[._]name|sys[._]platform|platform_(?:release|system)' +
    '|platform[._](?:version|machine|python_implementation)|python_implementation' +
    `|implementation_(?:name|version)|extras?|dependency_groups)${WORD_END}`,
  'uy',
)
const QUOTED = /'[^']*'|"[^"]*"/y
/** parentheses within parentheses; Python gives up some way below 500 */
const DEEPEST = 400

/** Reads an environment marker (PEP 508) and gives its normalized text; undefined if it is not valid. */
export function parseMarker(text: string): string | undefined {
  const scanner = createScanner(text)
  const expression = takeExpression(scanner, 0)
  return scanner.isAtEnd() ? expression?.text : undefined
}

function takeExpression(scanner: Scanner, depth: number): Expression | undefined {
  const first = takeTerm(scanner, depth)
  let operator = scanner.take(LOGICAL)
  if (first === undefined || operator === undefined) return first
  let text = enclose(first)
  for (; operator !== undefined; operator = scanner.take(LOGICAL)) {
    const next = takeTerm(scanner, depth)
    if (next === undefined) return undefined
    text += ` ${operator} ${enclose(next)}`
  }
  return { text, isCompound: true }
}

function enclose({ text, isCompound }: Expression): string {
  return isCompound ? `(${text})` : text
}

function takeTerm(scanner: Scanner, depth: number): Expression | undefined {
  scanner.skipBlanks()
  let term: Expression | undefined
  if (scanner.take(/\(/y) === undefined) {
    term = takeComparison(scanner)
  } else if (depth < DEEPEST) {
    term = takeExpression(scanner, depth + 1)
    if (scanner.take(/\)/y) === undefined) return undefined
  }
  scanner.skipBlanks()
  return term
}

function takeComparison(scanner: Scanner): Expression | undefined {
  const left = takeOperand(scanner)
  scanner.skipBlanks()
  const operator = takeOperator(scanner)
  scanner.skipBlanks()
  const right = takeOperand(scanner)
  if (left === undefined || operator === undefined || right === undefined) return undefined
  const leftText = spell(left, !left.isVariable && namesExtras(right))
  const rightText = spell(right, !right.isVariable && left.isVariable && left.text === 'extra')
  if (leftText === undefined || rightText === undefined) return undefined
  return { text: `${leftText} ${operator} ${rightText}`, isCompound: false }
}

/** Whether a text to the left of the operand names an extra or a group, compared in normalized form (PEP 685). */
function namesExtras({ isVariable, text }: Operand): boolean {
  return isVariable && (text === 'extra' || text === 'extras' || text === 'dependency_groups')
}

function takeOperator(scanner: Scanner): string | undefined {
  if (scanner.take(NOT_IN) !== undefined) return 'not in'
  return scanner.take(IN) ?? scanner.take(COMPARISON)
}

function takeOperand(scanner: Scanner): Operand | undefined {
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
function spell({ isVariable, text }: Operand, isName: boolean): string | undefined {
  if (isVariable) return text
  const value = isName ? normalizeName(text) : text
  if (!value.includes('"')) return `"${value}"`
  return value.includes("'") ? undefined : `'${value}'`
}
