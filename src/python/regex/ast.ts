/**
 * How a character is made lower case before it is compared; undefined: it is compared as it is. Where a node may
 * also say 'any', folding makes no difference to it.
 */
export type Fold = 'ascii' | 'unicode' | undefined

export type Place = 'start' | 'line-start' | 'end' | 'line-end' | 'very-end' | 'boundary' | 'inside'

/** One character. `source`: those that match, once folded, as a character or class in JavaScript's `v` syntax. */
export interface CharNode {
  readonly kind: 'char'
  readonly source: string
  readonly fold: Fold | 'any'
}

/** A place between characters. `ascii`: what a word is made of. */
export interface PlaceNode {
  readonly kind: 'at'
  readonly place: Place
  readonly ascii: boolean
  readonly fold: Fold | 'any'
}

export interface RepeatNode {
  readonly kind: 'repeat'
  readonly body: Node
  readonly min: number
  /** Infinity when unbounded */
  readonly max: number
  readonly mode: 'greedy' | 'lazy' | 'possessive'
}

/** A parsed pattern. Groups without a number are their bodies. */
export type Node =
  | CharNode
  | RepeatNode
  | PlaceNode
  | { readonly kind: 'sequence'; readonly items: readonly Node[] }
  | { readonly kind: 'branch'; readonly items: readonly Node[] }
  | { readonly kind: 'group'; readonly number: number; readonly body: Node }
  | { readonly kind: 'atomic'; readonly body: Node }
  /** `behind`: how many characters back the body starts; 0 when it looks ahead */
  | { readonly kind: 'look'; readonly behind: number; readonly negate: boolean; readonly body: Node }
  | { readonly kind: 'reference'; readonly group: number; readonly fold: Fold }
  | { readonly kind: 'condition'; readonly group: number; readonly yes: Node; readonly no: Node }

/** The fewest and the most characters that something can match. */
export interface Width {
  readonly min: number
  readonly max: number
}

function total(widths: readonly Width[]): Width {
  return { min: widths.reduce((sum, { min }) => sum + min, 0), max: widths.reduce((sum, { max }) => sum + max, 0) }
}

function either(widths: readonly Width[]): Width {
  return { min: Math.min(...widths.map(({ min }) => min)), max: Math.max(...widths.map(({ max }) => max)) }
}

/** `groups`: the widths of the groups that are closed, by number. */
export function widthOf(node: Node, groups: ReadonlyMap<number, Width>): Width {
  switch (node.kind) {
    case 'char':
      return { min: 1, max: 1 }
    case 'at':
    case 'look':
      return { min: 0, max: 0 }
    case 'sequence':
      return total(node.items.map((item) => widthOf(item, groups)))
    case 'branch':
      return either(node.items.map((item) => widthOf(item, groups)))
    case 'group':
    case 'atomic':
      return widthOf(node.body, groups)
    case 'repeat': {
      const body = widthOf(node.body, groups)
      return { min: body.min * node.min, max: body.max === 0 ? 0 : body.max * node.max }
    }
    case 'reference':
      return groups.get(node.group) ?? { min: 0, max: 0 }
    case 'condition':
      return either([widthOf(node.yes, groups), widthOf(node.no, groups)])
  }
}
