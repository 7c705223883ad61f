import { keepsProject } from '../../filters/apply.js'
import { isSafeProjectName } from '../../model/layout.js'
import { normalizeName } from '../../packaging/name.js'
import type { ProjectList } from '../../upstream/types.js'
import type { PlanInput, SyncPlan } from './types.js'
import type { Removal } from '../run/report.js'
import type { WorkList } from './work-list.js'

type Comparison = Pick<SyncPlan, 'removals' | 'missing' | 'refiltered' | 'presumedAbsent'>

/** What the whole list says beyond the changes: what was missed, what came into or fell out of the filters or the list. */
export function compare({ held, changed, ...input }: PlanInput, work: WorkList): Comparison {
  const removals: Removal[] = []
  const refiltered = new Set<string>()
  const presumedAbsent = new Map<string, number>()
  const { list, wentBack } = changed
  if (held === undefined || list === undefined) return { removals, missing: 0, refiltered, presumedAbsent }
  const presumes = input.takenOver && !input.force && !input.filtersChanged
  const thorough = input.thorough || wentBack
  const { listed, doubled } = normalizedNames(list)
  for (const [rawName, serial] of list.projects) {
    const name = normalizeName(rawName)
    const { keep } = keepsProject(input.filters, rawName)
    const worked = work.spelling(name) !== undefined
    if (keep && !held.names.has(name)) {
      if (!isSafeProjectName(name)) continue
      const asked = held.absent.get(name)
      const again = asked === serial ? input.contentsChanged : thorough || input.filtersChanged
      if (!worked && asked === undefined && presumes) presumedAbsent.set(name, serial)
      else if (again) work.add(rawName, serial)
    } else if (keep) {
      const known = doubled.has(name) ? serial : held.serials.get(name)
      if (thorough && list.hasSerials && known !== serial && (known !== undefined || wentBack))
        work.add(rawName, serial)
      else if (input.contentsChanged && !worked) {
        work.add(rawName, serial)
        refiltered.add(rawName)
      }
    } else if (!keep && held.names.has(name) && input.filtersChanged && input.removes) {
      removals.push({ project: name, reason: 'the filters no longer want it' })
    }
  }
  for (const name of doubled) {
    const rawName = work.spelling(name)
    // Which of the serials is its own nobody can tell.
    if (rawName !== undefined) work.projects.set(rawName, 0)
  }
  if (changed.tellsAbsence) {
    // The changelog has them, the list no more.
    for (const rawName of [...changed.changes.keys()]) {
      if (!listed.has(normalizeName(rawName)) && input.state.todo?.projects.has(rawName) !== true) work.drop(rawName)
    }
  }
  let missing = 0
  for (const name of input.removes ? held.names : []) {
    // What is asked for anyway says by itself whether it is gone.
    if (listed.has(name) || work.spelling(name) !== undefined) continue
    if (changed.tellsAbsence) removals.push({ project: name, reason: 'upstream no longer lists it' })
    else missing += 1
  }
  return { removals, missing, refiltered, presumedAbsent }
}

/** The names of a list, normalized, and those that it has in several spellings. */
function normalizedNames(list: ProjectList): { readonly listed: Set<string>; readonly doubled: Set<string> } {
  const listed = new Set<string>()
  const doubled = new Set<string>()
  for (const [rawName] of list.projects) {
    const name = normalizeName(rawName)
    if (listed.has(name)) doubled.add(name)
    else listed.add(name)
  }
  for (const rawName of list.unreadable ?? []) listed.add(normalizeName(rawName))
  return { listed, doubled }
}
