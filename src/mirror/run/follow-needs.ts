import { counted } from '../../count.js'
import { planClosure } from '../closure/plan-closure.js'
import type { ClosurePlan } from '../closure/types.js'
import type { PlannedRun } from '../plan/plan-run.js'
import type { WorkItem } from '../plan/types.js'
import type { Journal } from '../state/journal.js'
import type { Ledger } from '../state/ledger.js'
import { writeTodo } from '../state/status-files.js'
import type { Context } from './context.js'
import { workOff } from './work-off.js'
import type { WorkResult } from './work-result.js'

/** Upstream may change again while what is newly needed is worked on; the next run sees what is left then. */
const ROUNDS = 3

export interface Followed {
  readonly result: WorkResult
  readonly journal: Journal
}

/**
 * Looks again at what is needed where projects changed upstream since the run was planned, and brings what they newly
 * need into the mirror in the same run. Returns the run with the plan as it is then.
 */
export async function followNeeds(
  context: Context,
  run: PlannedRun,
  { result, journal }: Followed,
): Promise<PlannedRun> {
  const { closure, log } = context
  let current = run
  for (let round = 0; round < ROUNDS && closure !== undefined && !result.stopped; round += 1) {
    const moved = movedProjects(current.needed, current.known.ledger)
    if (moved.size === 0) break
    log.info(`${counted(moved.size, 'needed project')} changed during the run`)
    const changes = { ...run.changes, list: undefined, changelog: moved, wentBack: false, tellsAbsence: false }
    const ledgerSerial = (name: string): number | undefined => current.known.ledger.pageSerial(name)
    const needed = await planClosure(context, closure, { changes, ledgerSerial, forced: false, readOnly: false })
    const plan = current.replan(needed)
    const items = [...plan.work.values()].filter((item) => isFurther(context, item, result))
    const work = new Map([...current.plan.work, ...items.map((item) => [item.name, item] as const)])
    current = { ...current, needed, plan: { ...current.plan, work, removals: plan.removals } }
    if (items.length > 0) await workOn(context, current, { items, result, journal })
  }
  return current
}

/** Members whose pages were made from a newer serial than what they need: name -> serial. */
function movedProjects(needed: ClosurePlan | undefined, ledger: Ledger): Map<string, number> {
  const moved = new Map<string, number>()
  for (const [name, { serial }] of needed?.members ?? []) {
    const served = ledger.pageSerial(name)
    if (served !== undefined && served > serial) moved.set(name, served)
  }
  return moved
}

/** What this run has not worked on yet, or of which other files are needed than its pages got. */
function isFurther({ shapeOf }: Context, { name, entry }: WorkItem, { done, failed }: WorkResult): boolean {
  return !failed.has(name) && (!done.has(name) || entry?.shape !== shapeOf(name))
}

async function workOn(
  context: Context,
  { plan }: PlannedRun,
  { items, result, journal }: Followed & { readonly items: readonly WorkItem[] },
): Promise<void> {
  const { metered } = context.storage.properties
  if (metered) {
    const names = [...plan.work.values()].map(({ rawName, serial }): [string, number] => [rawName, serial])
    await writeTodo(context.storage, { target: plan.target, projects: new Map(names) })
  }
  await workOff(context, items, { journal, announces: metered ? 'none' : 'known', result })
}
