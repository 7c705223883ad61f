import type { CharNode, Node, Place } from './ast.js'
import { categorySource } from './charset.js'

/** What a JavaScript expression needs to be run as. */
export interface NativePattern {
  readonly expression: RegExp
  /** the text is folded so before it is matched */
  readonly fold: Exclude<CharNode['fold'], 'any'>
}

/** Where Python and JavaScript agree for certain: no captures are asked for, nothing is possessive, one folding. */
function isTranslatable(node: Node, folds: Set<CharNode['fold']>): boolean {
  switch (node.kind) {
    case 'char':
    case 'at':
      folds.add(node.fold)
      return true
    case 'sequence':
    case 'branch':
      return node.items.every((item) => isTranslatable(item, folds))
    case 'repeat':
      return node.mode !== 'possessive' && isTranslatable(node.body, folds)
    case 'group':
    case 'look':
      return isTranslatable(node.body, folds)
    case 'atomic':
    case 'reference':
    case 'condition':
      return false
  }
}

function placeSource(place: Place, ascii: boolean): string {
  const word = `[${categorySource('w', ascii)}]`
  switch (place) {
    case 'start':
      return '^'
    case 'line-start':
      return '(?<![^\\n])'
    case 'end':
      return '(?=\\n?$)'
    case 'line-end':
      return '(?![^\\n])'
    case 'very-end':
      return '$'
    case 'boundary':
      return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`
    case 'inside':
      // Python finds neither a boundary nor the lack of one in an empty text.
      return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})(?!^$))`
  }
}

function countSource(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : `{${min},}`
  return `{${min},${max}}`
}

function source(node: Node): string {
  switch (node.kind) {
    case 'char':
      return node.source
    case 'at':
      return placeSource(node.place, node.ascii)
    case 'sequence':
      return node.items.map(source).join('')
    case 'branch':
      return `(?:${node.items.map(source).join('|')})`
    case 'repeat':
      return `(?:${source(node.body)})${countSource(node.min, node.max)}${node.mode === 'lazy' ? '?' : ''}`
    case 'group':
    case 'atomic':
      return `(?:${source(node.body)})`
    case 'look':
      return `(?${node.behind > 0 ? '<' : ''}${node.negate ? '!' : '='}${source(node.body)})`
    case 'reference':
    case 'condition':
      return ''
  }
}

/** The pattern as a JavaScript expression of the same meaning; undefined where there is none for certain. */
export function toNative(node: Node): NativePattern | undefined {
  const folds = new Set<CharNode['fold']>()
  if (!isTranslatable(node, folds)) return undefined
  folds.delete('any')
  const [fold, ...others] = folds
  if (others.length > 0 || fold === 'any') return undefined
  try {
    const expression = new RegExp(`^(?:${source(node)})`, 'v')
    // Too large an expression is only found out when it is first run.
    expression.test('')
    return { expression, fold }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}
