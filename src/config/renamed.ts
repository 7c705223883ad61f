import { oneLine } from '../one-line.js'
import { ENABLED_BEFORE, RENAMED_SECTIONS } from './earlier-releases.js'
import type { ConfigFile } from './types.js'

/** Where an option stands in the file, and where it belongs today. */
export interface Move {
  readonly from: Place
  readonly to: Place
}

export interface Place {
  readonly section: string
  readonly option: string
}

/** The options that stand under a name of earlier releases. Those whose place of today is taken come with `taken`. */
export function movedOptions(file: ConfigFile): { readonly moves: readonly Move[]; readonly taken: readonly Move[] } {
  const sections = [...RENAMED_SECTIONS].flatMap(([section, today]) =>
    ownOptions(file, section).map((option) => ({ from: { section, option }, to: { section: today, option } })),
  )
  const enabled = ENABLED_BEFORE.filter(([section, option]) => ownOptions(file, section).includes(option)).map(
    ([section, option]) => ({ from: { section, option }, to: { section: 'plugins', option: 'enabled' } }),
  )
  const isPlugins = ({ from }: Move): boolean =>
    ENABLED_BEFORE.some(([s, o]) => s === from.section && o === from.option)
  const moves: Move[] = []
  const taken: Move[] = []
  for (const move of [...enabled, ...sections.filter((move) => !isPlugins(move))]) {
    const known = moves.some(({ to }) => to.section === move.to.section && to.option === move.to.option)
    if (known || file.has(move.to.section, move.to.option)) taken.push(move)
    else moves.push(move)
  }
  return { moves, taken }
}

/** The options that a section sets itself, without those of [DEFAULT]. */
export function ownOptions(file: ConfigFile, section: string): string[] {
  return file.options(section).filter((option) => file.origin(section, option)?.section === section)
}

/** The file as if its options stood where they belong today. Lines and errors name the place in the file. */
export function withMoves(file: ConfigFile, moves: readonly Move[]): ConfigFile {
  if (moves.length === 0) return file
  const placeOf = (section: string, option: string): [section: string, option: string] => {
    const from = moves.find(({ to }) => to.section === section && to.option === option)?.from
    return from === undefined ? [section, option] : [from.section, from.option]
  }
  const movedInto = (section: string): string[] =>
    moves.filter(({ to }) => to.section === section).map(({ to }) => to.option)
  return {
    path: file.path,
    sections: () => [...new Set([...file.sections(), ...moves.map(({ to }) => to.section)])],
    options: (section) => [...new Set([...file.options(section), ...movedInto(section)])],
    has: (section, option) => file.has(...placeOf(section, option)),
    get: (section, option) => file.get(...placeOf(section, option)),
    getInt: (section, option) => file.getInt(...placeOf(section, option)),
    getFloat: (section, option) => file.getFloat(...placeOf(section, option)),
    getBoolean: (section, option) => file.getBoolean(...placeOf(section, option)),
    raw: (section, option) => file.raw(...placeOf(section, option)),
    origin: (section, option) => file.origin(...placeOf(section, option)),
    entryLine: (section, option, index) => file.entryLine(...placeOf(section, option), index),
    invalid: (section, option, problem) => file.invalid(...placeOf(section, option), problem),
  }
}

/** `bandersnatch.conf:3: [blacklist] plugins`, with the line where the file tells it */
export function placeText(file: ConfigFile, { section, option }: Place): string {
  const line = file.origin(section, option)?.line
  return `${oneLine(file.path)}${line === undefined ? '' : `:${line}`}: [${oneLine(section)}] ${oneLine(option)}`
}

/** One line for each section and option that stands under a name of earlier releases, with how to write it today. */
export function renamedWarnings(file: ConfigFile, { moves, taken }: ReturnType<typeof movedOptions>): string[] {
  const renamed = [...RENAMED_SECTIONS].flatMap(([section, today]): string[] => {
    const [first] = moves.filter(({ from, to }) => from.section === section && to.section === today)
    if (first === undefined) return []
    const line = file.origin(section, first.from.option)?.line ?? 0
    return [
      `${oneLine(file.path)}:${line}: [${section}] is read as [${today}], its name since bandersnatch 5.0; rename it`,
    ]
  })
  const passedOver = taken.map(
    ({ from, to }) => `${placeText(file, from)} has no effect: [${to.section}] ${to.option} is set`,
  )
  return [...renamed, ...passedOver]
}
