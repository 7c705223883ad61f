import type { CharNode, Node, Place } from './ast.js'
import { widthOf } from './ast.js'
import { foldText } from './charset.js'
import { parsePattern } from './parse.js'

/** What surely stands before and behind a part of the pattern: at least one character, or perhaps nothing. */
interface Around {
  readonly before: boolean
  readonly behind: boolean
}

/**
 * Whether a pattern can match at the start of some text of these characters. true also where that is hard to tell: look-arounds,
 * back references, conditions.
 * @param alphabet without line breaks @throws PatternError
 */
export function canMatch(pattern: string, alphabet: string): boolean {
  const consumes = (node: Node): boolean => widthOf(node, new Map()).min > 0

  function sequence(items: readonly Node[], around: Around): boolean {
    return items.every((item, index) =>
      possible(item, {
        before: around.before || items.slice(0, index).some(consumes),
        behind: around.behind || items.slice(index + 1).some(consumes),
      }),
    )
  }

  function possible(node: Node, around: Around): boolean {
    switch (node.kind) {
      case 'char':
        return hasCharacter(node, alphabet)
      case 'at':
        return possiblePlace(node.place, around)
      case 'sequence':
        return sequence(node.items, around)
      case 'branch':
        return node.items.some((item) => possible(item, around))
      case 'repeat':
        return node.min === 0 || possible(node.body, around)
      case 'group':
      case 'atomic':
        return possible(node.body, around)
      case 'look':
      case 'reference':
      case 'condition':
        return true
    }
  }

  return possible(parsePattern(pattern), { before: false, behind: false })
}

function possiblePlace(place: Place, { before, behind }: Around): boolean {
  if (place === 'start' || place === 'line-start') return !before
  return place === 'boundary' || place === 'inside' || !behind
}

function hasCharacter({ source, fold }: CharNode, alphabet: string): boolean {
  return new RegExp(source, 'v').test(fold === 'any' ? alphabet : foldText(alphabet, fold))
}
