import type { Context } from '../run/context.js'
import type { ClosureNotes } from '../state/run-notes.js'
import type { ClosurePlan } from './types.js'

/** Whether what is needed must be found out although nothing changed. */
export function needsLook(notes: ClosureNotes | undefined, now: Date): boolean {
  return notes === undefined || notes.incomplete || (notes.due !== undefined && notes.due <= now.getTime())
}

/** What the next run must know of what is needed. */
export function closureNotes(
  context: Pick<Context, 'closure'>,
  needed: ClosurePlan | undefined,
  before: ClosureNotes | undefined,
): ClosureNotes | undefined {
  if (context.closure === undefined) return undefined
  if (needed === undefined) return before
  const { members, missing, failures, due } = needed
  return { incomplete: failures.length > 0, projects: members.size, missing, due }
}

/** Reports what is needed and missing, in each run for as long as it is so. */
export function reportNeeds(
  { closure, report, log }: Context,
  { needed, before }: { readonly needed: ClosurePlan | undefined; readonly before: ClosureNotes | undefined },
): void {
  if (closure === undefined) return
  for (const { project, reason } of needed?.missing ?? before?.missing ?? []) {
    if (closure.setup.toleratesMissing) log.warn(`${project}: ${reason}`)
    else report.failures.push({ project, reason })
  }
  const known = new Set(report.failures.map(({ project }) => project))
  for (const failure of needed?.failures ?? []) if (!known.has(failure.project)) report.failures.push(failure)
}
