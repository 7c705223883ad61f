import type { Fold, Node, Place, RepeatNode, Width } from './ast.js'
import { widthOf } from './ast.js'
import type { Range } from './charset.js'
import { charNode } from './charset.js'
import { Cursor } from './cursor.js'
import type { Counts } from './counts.js'
import { parseCounts } from './counts.js'
import { categoryOf, escape } from './escapes.js'
import type { Flags } from './flags.js'
import { isFlag, parseFlags } from './flags.js'
import { parseSet } from './sets.js'

/** Groups in one another. Python's own limit is a little higher. */
const MAX_DEPTH = 400
const MAX_LOOK_BEHIND = 2 ** 32 - 1
const SPACE = ' \t\n\r\v\f'
const NAME = /^[\p{XIDS}_]\p{XIDC}*$/u

const EMPTY: Node = { kind: 'sequence', items: [] }

/** A recursive descent parser; each method stands behind what it has read. */
class Parser {
  private readonly names = new Map<string, number>()
  private readonly widths = new Map<number, Width>()
  private groups = 0
  /** inside a look-behind: the number of groups opened before it */
  private groupsBefore: number | undefined
  private highestCondition = 0
  private depth = 0
  private flags: Flags = new Set()

  constructor(private readonly cursor: Cursor) {}

  pattern(): Node {
    const node = this.alternatives()
    if (this.cursor.next !== undefined) this.cursor.fail('unbalanced )')
    if (this.highestCondition > this.groups) this.cursor.fail(`there is no group ${this.highestCondition}`)
    return node
  }

  private get fold(): Fold {
    if (!this.flags.has('i')) return undefined
    return this.flags.has('a') ? 'ascii' : 'unicode'
  }

  private get ascii(): boolean {
    return this.flags.has('a')
  }

  private literal(code: number): Node {
    return charNode({ negate: false, ranges: [[code, code]], categories: [] }, this.fold, this.ascii)
  }

  private place(place: Place): Node {
    return { kind: 'at', place, ascii: this.ascii, fold: this.ascii ? this.fold : 'any' }
  }

  private alternatives(): Node {
    const items: Node[] = []
    do items.push(this.sequence(this.depth === 0 && items.length === 0))
    while (this.cursor.accept('|'))
    return items.length === 1 ? (items[0] ?? EMPTY) : { kind: 'branch', items }
  }

  /** `leading`: flags for the whole pattern may stand here. */
  private sequence(leading = false): Node {
    const items: Node[] = []
    for (;;) {
      const token = this.cursor.next
      if (token === undefined || token === '|' || token === ')') return { kind: 'sequence', items }
      this.cursor.take()
      if (this.flags.has('x') && (SPACE.includes(token) || token === '#')) {
        if (token === '#') this.comment('\n')
        continue
      }
      const counts = parseCounts(this.cursor, token)
      if (counts) items.push(this.repeat(items.pop(), counts))
      else if (token === '(') items.push(...this.nested(leading && items.length === 0))
      else items.push(this.single(token))
    }
  }

  /** Skips to the end of a comment. False when it has none. */
  private comment(end: string): boolean {
    for (;;) {
      const token = this.cursor.take()
      if (token === end) return true
      if (token === undefined) return false
    }
  }

  private repeat(body: Node | undefined, counts: Counts): RepeatNode {
    const { cursor } = this
    if (body === undefined || body.kind === 'at') return cursor.fail('nothing to repeat')
    if (body.kind === 'repeat') return cursor.fail('a repeat of a repeat')
    const mode = cursor.accept('?') ? 'lazy' : cursor.accept('+') ? 'possessive' : 'greedy'
    return { kind: 'repeat', body, ...counts, mode }
  }

  private single(token: string): Node {
    const { flags, ascii } = this
    if (token === '[') return charNode(parseSet(this.cursor), this.fold, ascii)
    if (token === '.') {
      const ranges: Range[] = flags.has('s')
        ? [[0, 0x10ffff]]
        : [
            [0, 9],
            [11, 0x10ffff],
          ]
      return { ...charNode({ negate: false, ranges, categories: [] }, undefined, ascii), fold: 'any' }
    }
    if (token === '^') return this.place(flags.has('m') ? 'line-start' : 'start')
    if (token === '$') return this.place(flags.has('m') ? 'line-end' : 'end')
    if (token === '\\A') return this.place('start')
    if (token === '\\Z') return this.place('very-end')
    if (token === '\\b') return this.place('boundary')
    if (token === '\\B') return this.place('inside')
    if (!token.startsWith('\\')) return this.literal(token.codePointAt(0) ?? 0)
    const category = categoryOf(token)
    if (category) return charNode({ negate: false, ranges: [], categories: [category] }, this.fold, ascii)
    const escaped = escape(this.cursor, token)
    return 'code' in escaped ? this.literal(escaped.code) : this.reference(escaped.group)
  }

  private reference(group: number): Node {
    this.checkClosed(group)
    return { kind: 'reference', group, fold: this.fold }
  }

  private checkClosed(group: number): void {
    if (group > this.groups) this.cursor.fail(`there is no group ${group} yet`)
    if (!this.widths.has(group)) this.cursor.fail(`group ${group} is still open`)
    this.checkBehind(group)
  }

  /** What a look-behind refers to must lie before it, for its width to be known. */
  private checkBehind(group: number): void {
    if (this.groupsBefore === undefined) return
    if (!this.widths.has(group)) this.cursor.fail(`group ${group} is still open`)
    if (group > this.groupsBefore) this.cursor.fail(`group ${group} is in the same look-behind`)
  }

  private nested(leading: boolean): Node[] {
    if (++this.depth > MAX_DEPTH) this.cursor.fail(`more than ${MAX_DEPTH} groups in one another`)
    const nodes = this.group(leading)
    this.depth--
    return nodes
  }

  /** Reads a group; its `(` has been taken. No node for a comment or flags. */
  private group(leading: boolean): Node[] {
    const { cursor } = this
    if (!cursor.accept('?')) return [this.capture()]
    const token = cursor.take() ?? cursor.fail('a ( that is not closed')
    switch (token) {
      case ':':
        return [this.body(this.flags)]
      case '>':
        return [{ kind: 'atomic', body: this.body(this.flags) }]
      case '#':
        if (!this.comment(')')) cursor.fail('a comment that is not closed')
        return []
      case '=':
      case '!':
        return [{ kind: 'look', behind: 0, negate: token === '!', body: this.body(this.flags) }]
      case '<':
        return [this.lookBehind()]
      case '(':
        return [this.condition()]
      case 'P':
        return [this.named()]
    }
    if (!isFlag(token)) cursor.fail(`unknown extension ?${token}`)
    const { flags, global } = parseFlags(cursor, this.flags, token)
    if (!global) return [this.body(flags)]
    if (!leading) cursor.fail('flags for the whole pattern that are not at its start')
    this.flags = flags
    return []
  }

  /** The inside of a group, and its `)`. */
  private body(flags: Flags): Node {
    const outer = this.flags
    this.flags = flags
    const node = this.alternatives()
    this.flags = outer
    if (!this.cursor.accept(')')) this.cursor.fail('a ( that is not closed')
    return node
  }

  private capture(name?: string): Node {
    const number = ++this.groups
    if (name !== undefined) {
      if (this.names.has(name)) this.cursor.fail(`two groups named ${name}`)
      this.names.set(name, number)
    }
    const body = this.body(this.flags)
    this.widths.set(number, widthOf(body, this.widths))
    return { kind: 'group', number, body }
  }

  /** `(?P<name>…)` and `(?P=name)`. */
  private named(): Node {
    const { cursor } = this
    if (cursor.accept('<')) return this.capture(this.name(cursor.takeUntil('>', 'group name')))
    if (!cursor.accept('=')) cursor.fail(`unknown extension ?P${cursor.next ?? ''}`)
    return this.reference(this.numberOf(cursor.takeUntil(')', 'group name')))
  }

  private name(name: string): string {
    return NAME.test(name) ? name : this.cursor.fail(`bad group name ${name}`)
  }

  private numberOf(name: string): number {
    return this.names.get(this.name(name)) ?? this.cursor.fail(`there is no group ${name}`)
  }

  private lookBehind(): Node {
    const { cursor } = this
    const token = cursor.take()
    if (token !== '=' && token !== '!') cursor.fail(`unknown extension ?<${token ?? ''}`)
    const outer = this.groupsBefore
    this.groupsBefore ??= this.groups
    const body = this.body(this.flags)
    this.groupsBefore = outer
    const { min, max } = widthOf(body, this.widths)
    if (min !== max || min > MAX_LOOK_BEHIND) cursor.fail('a look-behind needs a fixed width')
    return { kind: 'look', behind: min, negate: token === '!', body }
  }

  /** `(?(group)yes|no)`; the group may come later, or never match. */
  private condition(): Node {
    const { cursor } = this
    const name = cursor.takeUntil(')', 'group name')
    const group = /^[0-9]+$/.test(name) ? Number(name) : this.numberOf(name)
    if (group === 0) cursor.fail('there is no group 0')
    this.highestCondition = Math.max(this.highestCondition, group)
    this.checkBehind(group)
    const yes = this.sequence()
    const no = cursor.accept('|') ? this.sequence() : EMPTY
    if (!cursor.accept(')')) cursor.fail('a condition that is not closed, or has more than two branches')
    return { kind: 'condition', group, yes, no }
  }
}

/** The syntax tree of a pattern by the rules of Python 3.11's `re.compile`. @throws PatternError */
export function parsePattern(pattern: string): Node {
  return new Parser(new Cursor(pattern)).pattern()
}
