import type { CharNode, Node, Place, RepeatNode } from './ast.js'
import { categorySource, foldCode } from './charset.js'

type CharTest = (code: number) => boolean
type PlaceTest = (text: readonly number[], at: number) => boolean

/** What to do at one point of a match, and where to go on. A text is a list of code points. */
export type Step =
  | { readonly kind: 'accept' }
  | { readonly kind: 'char'; readonly test: CharTest; readonly next: Step }
  | { readonly kind: 'place'; readonly test: PlaceTest; readonly next: Step }
  | { readonly kind: 'fork'; readonly ways: readonly Step[] }
  /** Notes where a group starts (slot 2 × its number) or ends (the slot after). */
  | { readonly kind: 'mark'; readonly slot: number; readonly next: Step }
  | { readonly kind: 'reference'; readonly group: number; readonly fold: (code: number) => number; readonly next: Step }
  | { readonly kind: 'condition'; readonly group: number; readonly yes: Step; readonly no: Step }
  | {
      readonly kind: 'look'
      readonly behind: number
      readonly negate: boolean
      readonly body: Step
      readonly next: Step
    }
  | { readonly kind: 'atomic'; readonly body: Step; readonly next: Step }
  /** A repeat of one character. */
  | { readonly kind: 'run'; readonly test: CharTest; readonly repeat: RepeatNode; readonly next: Step }
  /** A possessive repeat of anything else: its body ends in `accept`. */
  | { readonly kind: 'keep'; readonly body: Step; readonly repeat: RepeatNode; readonly next: Step }
  /** Any other repeat: it starts with `again` and its body ends in it. */
  | {
      readonly kind: 'loop'
      readonly round: Step
      readonly body: Step
      readonly repeat: RepeatNode
      readonly next: Step
    }
  /** Decides whether the innermost loop goes one more round. */
  | { readonly kind: 'again' }

const ACCEPT: Step = { kind: 'accept' }
const AGAIN: Step = { kind: 'again' }
const NEWLINE = 10

function charTest({ source, fold }: Pick<CharNode, 'source' | 'fold'>): CharTest {
  const expression = new RegExp(`^${source}$`, 'v')
  const case_ = fold === 'any' ? undefined : fold
  const test = (code: number): boolean => expression.test(String.fromCodePoint(foldCode(code, case_)))
  const ascii = Array.from({ length: 128 }, (_, code) => test(code))
  return (code) => ascii[code] ?? test(code)
}

function placeTest(place: Place, ascii: boolean): PlaceTest {
  switch (place) {
    case 'start':
      return (_, at) => at === 0
    case 'line-start':
      return (text, at) => at === 0 || text[at - 1] === NEWLINE
    case 'end':
      return (text, at) => at === text.length || (at === text.length - 1 && text[at] === NEWLINE)
    case 'line-end':
      return (text, at) => at === text.length || text[at] === NEWLINE
    case 'very-end':
      return (text, at) => at === text.length
    case 'boundary':
    case 'inside': {
      const test = charTest({ source: `[${categorySource('w', ascii)}]`, fold: 'any' })
      const isWord = (code: number | undefined): boolean => code !== undefined && test(code)
      const wanted = place === 'boundary'
      // Python finds neither a boundary nor the lack of one in an empty text.
      return (text, at) => text.length > 0 && (isWord(text[at - 1]) !== isWord(text[at])) === wanted
    }
  }
}

/** The only item of sequences in one another, so that a repeated `(?:a)` is a repeated `a`. */
function unwrap(node: Node): Node {
  const [only, ...others] = node.kind === 'sequence' ? node.items : [node]
  return only === undefined || others.length > 0 || only === node ? node : unwrap(only)
}

function repeatProgram(repeat: RepeatNode, next: Step): Step {
  const body = unwrap(repeat.body)
  if (body.kind === 'char') return { kind: 'run', test: charTest(body), repeat, next }
  if (repeat.mode === 'possessive') return { kind: 'keep', body: toProgram(body, ACCEPT), repeat, next }
  return { kind: 'loop', round: AGAIN, body: toProgram(body, AGAIN), repeat, next }
}

/** The steps that match a node and then go on with `next`. */
export function toProgram(node: Node, next: Step = ACCEPT): Step {
  switch (node.kind) {
    case 'char':
      return { kind: 'char', test: charTest(node), next }
    case 'at':
      return { kind: 'place', test: placeTest(node.place, node.ascii), next }
    case 'sequence':
      return node.items.reduceRight((rest: Step, item) => toProgram(item, rest), next)
    case 'branch':
      return { kind: 'fork', ways: node.items.map((item) => toProgram(item, next)) }
    case 'group': {
      const slot = node.number * 2
      return { kind: 'mark', slot, next: toProgram(node.body, { kind: 'mark', slot: slot + 1, next }) }
    }
    case 'repeat':
      return repeatProgram(node, next)
    case 'atomic':
      return { kind: 'atomic', body: toProgram(node.body, ACCEPT), next }
    case 'look':
      return { kind: 'look', behind: node.behind, negate: node.negate, body: toProgram(node.body, ACCEPT), next }
    case 'reference':
      return { kind: 'reference', group: node.group, fold: (code) => foldCode(code, node.fold), next }
    case 'condition':
      return { kind: 'condition', group: node.group, yes: toProgram(node.yes, next), no: toProgram(node.no, next) }
  }
}
