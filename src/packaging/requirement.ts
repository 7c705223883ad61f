import { SPACE } from '../python/text.js'
import type { Marker } from './marker.js'
import { formatMarker, parseMarker } from './marker.js'
import { normalizeName } from './name.js'
import type { Scanner } from './requirement-scanner.js'
import { createScanner } from './requirement-scanner.js'
import type { SpecifierSet } from './specifier.js'
import { parseSpecifierSet, specifierSetKey } from './specifier.js'

/** A requirement line (PEP 508), such as `name[extra]>=1.0; python_version < "3.9"`. */
export interface Requirement {
  /** as written */
  readonly name: string
  /** as written, sorted, each once */
  readonly extras: readonly string[]
  readonly specifier: SpecifierSet
  readonly url: string | null
  /** the marker's normalized text */
  readonly marker: string | null
  /** the same marker as a tree, for evaluation */
  readonly markerTree: Marker | null
}

// The end of a word is Unicode's: a name does not end before a letter that it cannot contain.
const IDENTIFIER = /[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9_])?(?![\p{L}\p{N}_])/uy
// After === a comma belongs to the text, as everything but white space, `;` and `)` does.
const SPECIFIER = new RegExp(`===[${SPACE}]*[^${SPACE};)]*|[~=!<>]=?[${SPACE}]*[^${SPACE},;)]*`, 'y')

/** Reads one requirement as `packaging` does; undefined if it is not valid. */
export function parseRequirement(text: string): Requirement | undefined {
  const scanner = createScanner(text)
  scanner.skipBlanks()
  const name = scanner.take(IDENTIFIER)
  if (name === undefined) return undefined
  scanner.skipBlanks()
  const extras = takeExtras(scanner)
  if (extras === undefined) return undefined
  scanner.skipBlanks()
  const url = takeUrl(scanner)
  if (url === undefined) return undefined
  const specifier = url === null ? takeSpecifiers(scanner) : parseSpecifierSet('')
  if (specifier === undefined) return undefined
  scanner.skipBlanks()
  const parts = { name, extras, specifier, url }
  if (scanner.isAtEnd()) return { ...parts, marker: null, markerTree: null }
  if (scanner.take(/;/y) === undefined) return undefined
  const markerTree = parseMarker(scanner.takeRest())
  return markerTree === undefined ? undefined : { ...parts, marker: formatMarker(markerTree), markerTree }
}

/** A text that is the same for requirements that Python holds equal: normalized name and extras, `==1.0` is `==1`. */
export function requirementKey({ name, extras, specifier, url, marker }: Requirement): string {
  const normalizedExtras = [...new Set(extras.map(normalizeName))].sort()
  return JSON.stringify([normalizeName(name), normalizedExtras, specifierSetKey(specifier), url, marker])
}

function takeExtras(scanner: Scanner): string[] | undefined {
  if (scanner.take(/\[/y) === undefined) return []
  const extras = new Set<string>()
  do {
    scanner.skipBlanks()
    const extra = scanner.take(IDENTIFIER)
    // Nothing at all between the brackets is allowed, nothing after a comma is not.
    if (extra === undefined && extras.size > 0) return undefined
    if (extra !== undefined) extras.add(extra)
    scanner.skipBlanks()
  } while (extras.size > 0 && scanner.take(/,/y) !== undefined)
  return scanner.take(/\]/y) === undefined ? undefined : [...extras].sort()
}

/** null without a URL, undefined if there should be one. It reaches to the next blank, a `;` included. */
function takeUrl(scanner: Scanner): string | null | undefined {
  if (scanner.take(/@/y) === undefined) return null
  scanner.skipBlanks()
  return scanner.take(/[^ \t]+/y)
}

function takeSpecifiers(scanner: Scanner): SpecifierSet | undefined {
  const isEnclosed = scanner.take(/\(/y) !== undefined
  scanner.skipBlanks()
  let text = ''
  for (let part = scanner.take(SPECIFIER); part !== undefined; part = scanner.take(SPECIFIER)) {
    scanner.skipBlanks()
    const comma = scanner.take(/,/y)
    text += part + (comma ?? '')
    if (comma === undefined) break
    scanner.skipBlanks()
  }
  if (isEnclosed && scanner.take(/\)/y) === undefined) return undefined
  return parseSpecifierSet(text)
}
