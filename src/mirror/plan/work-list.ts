import { normalizeName } from '../../packaging/name.js'

/** The projects that a run will ask for, while it is planned. */
export interface WorkList {
  /** name as upstream spells it -> serial its metadata must have */
  readonly projects: Map<string, number>
  /** Another spelling of a name is the same project: the newest counts. */
  add(rawName: string, serial: number): void
  drop(rawName: string): void
  /** `name`: normalized */
  spelling(name: string): string | undefined
}

/**
 * On a first run the list is that of all of PyPI: a name that is spelled as normalized is kept once.
 * @param target a higher serial than this can only be a mistake, or newer than all else: it is not insisted on
 */
export function createWorkList(target: number): WorkList {
  const projects = new Map<string, number>()
  const spellings = new Map<string, string>()
  const spelling = (name: string): string | undefined => spellings.get(name) ?? (projects.has(name) ? name : undefined)
  return {
    projects,
    add(rawName, given) {
      const serial = given > target ? 0 : given
      const name = normalizeName(rawName)
      const before = spelling(name)
      if (before !== undefined && (projects.get(before) ?? 0) >= serial) return
      if (before !== undefined && before !== rawName) projects.delete(before)
      if (rawName === name) spellings.delete(name)
      else spellings.set(name, rawName)
      projects.set(rawName, serial)
    },
    drop(rawName) {
      projects.delete(rawName)
      if (spelling(normalizeName(rawName)) === rawName) spellings.delete(normalizeName(rawName))
    },
    spelling,
  }
}
