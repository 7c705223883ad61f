import { posix } from 'node:path'
import { normalizeName } from '../../packaging/name.js'
import { parseRequirement } from '../../packaging/requirement.js'
import type { Requirement } from '../../packaging/requirement.js'
import { formatSpecifierSet } from '../../packaging/specifier.js'
import type { Collector } from './collect.js'
import { isPypi } from './collect.js'
import { directReference } from './direct-reference.js'
import { parseHash, STRONG } from './locked-file.js'
import type { RequirementLine, RequirementOption } from './requirement-lines.js'
import { requirementLines } from './requirement-lines.js'
import type { LockedFile, Place } from './types.js'
import { LockFileError } from './types.js'

/** Options that change what pip would take, and that a mirror does not follow. */
const NOT_FOLLOWED = [
  '--find-links',
  '--no-index',
  '--no-binary',
  '--only-binary',
  '--prefer-binary',
  '--pre',
  '--all-releases',
  '--only-final',
]

interface Constraint {
  readonly name: string
  readonly place: Place
  readonly detail: string
}

/**
 * Reads a requirements file and those that it names with -r and -c.
 * @param read the text of a file; undefined if there is none
 * @throws LockFileError
 */
export function readRequirements(path: string, read: (path: string) => string | undefined, to: Collector): void {
  const names = new Set<string>()
  const constraints: Constraint[] = []
  const state: State = { read, to, names, constraints }
  readFile(path, { file: path, line: undefined }, { ...state, isConstraint: false, parents: [] })
  for (const { name, place, detail } of constraints) {
    if (!names.has(name)) to.warn('constraint', place, { name, detail })
  }
}

interface State {
  readonly read: (path: string) => string | undefined
  readonly to: Collector
  readonly names: Set<string>
  readonly constraints: Constraint[]
}

interface Nested extends State {
  readonly isConstraint: boolean
  /** the files that are being read */
  readonly parents: readonly string[]
}

function readFile(path: string, from: Place, state: Nested): void {
  if (state.parents.includes(path)) throw new LockFileError('cycle', from, `${path} is read within itself`)
  const text = /^https?:/i.test(path) ? undefined : state.read(path)
  if (text === undefined) {
    if (state.parents.length === 0) throw new LockFileError('unreadable', from, 'there is no such file')
    state.to.warn('missing-file', from, { detail: path })
    return
  }
  for (const line of requirementLines(text)) {
    readLine(line, { file: path, line: line.line }, { ...state, parents: [...state.parents, path] })
  }
}

function readLine({ text, options }: RequirementLine, place: Place, state: Nested): void {
  const unknown = options.find(({ name }) => name === undefined)
  if (unknown !== undefined)
    throw new LockFileError('requirement', place, `pip does not know the option ${unknown.value}`)
  const editable = valueOf(options, '--editable')
  if (text !== '') readRequirement(text, options, { place, state })
  else if (editable !== undefined) {
    state.to.warn('editable', place, { name: directReference(editable)?.name, detail: editable })
  } else for (const option of options) readOption(option, place, state)
}

function readOption({ name = '', value }: RequirementOption, place: Place, state: Nested): void {
  if (name === '--requirement' || name === '--constraint') {
    const path =
      /^https?:/i.test(value) || posix.isAbsolute(value) ? value : posix.join(posix.dirname(place.file), value)
    readFile(path, place, { ...state, isConstraint: state.isConstraint || name === '--constraint' })
  } else if (name === '--index-url' || name === '--extra-index-url') {
    if (!isPypi(value)) state.to.warn('option', place, { detail: `${name} ${value}` })
  } else if (NOT_FOLLOWED.includes(name)) {
    state.to.warn('option', place, { detail: value.startsWith('-') ? value : `${name} ${value}` })
  }
}

function readRequirement(
  text: string,
  options: readonly RequirementOption[],
  { place, state }: { readonly place: Place; readonly state: Nested },
): void {
  const requirement = parseRequirement(text)
  const direct = requirement === undefined ? directReference(text) : undefined
  if (requirement === undefined && direct === undefined) {
    throw new LockFileError('requirement', place, `${JSON.stringify(text)} is not a requirement`)
  }
  const files = options.filter(({ name }) => name === '--hash').map(({ value }) => hashOnly(value, place))
  if (direct !== undefined) {
    state.to.warn(direct.kind, place, { name: direct.name, detail: text })
    return
  }
  if (requirement === undefined) return
  const name = normalizeName(requirement.name)
  if (requirement.url !== null) {
    state.to.warn(directReference(requirement.url)?.kind ?? 'url', place, { name, detail: requirement.url })
  } else if (state.isConstraint) {
    state.constraints.push({ name, place, detail: text })
  } else {
    state.names.add(name)
    state.to.add(
      { name, files, ...pinOf(requirement), marker: requirement.marker ?? undefined, extras: requirement.extras },
      place,
    )
  }
}

/** As pip has it a version is pinned by `==` or `===` alone. */
function pinOf({ specifier }: Requirement): { version: string } | { specifier: string } {
  const [only, second] = specifier.specifiers
  const isPinned =
    only !== undefined &&
    second === undefined &&
    (only.operator === '===' || (only.operator === '==' && !only.isWildcard))
  return isPinned ? { version: only.text } : { specifier: formatSpecifierSet(specifier) }
}

function hashOnly(value: string, place: Place): LockedFile {
  const [algorithm, hex] = parseHash(value, place)
  if (!STRONG.includes(algorithm))
    throw new LockFileError('hash', place, `pip takes no ${algorithm} hash, only ${STRONG.join(', ')}`)
  return { name: null, hashes: new Map([[algorithm, hex]]), size: undefined }
}

function valueOf(options: readonly RequirementOption[], wanted: string): string | undefined {
  return options.find(({ name }) => name === wanted)?.value
}
