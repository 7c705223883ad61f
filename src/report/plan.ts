import { counted, countText } from '../count.js'
import type { DryRun, PlannedProject } from '../mirror/dry-run.js'
import { HOW_TO_CONFIRM } from '../mirror/plan/everything.js'
import type { Reason } from '../mirror/plan/judge.js'
import type { Report } from '../mirror/run/report.js'
import { bytesText } from './figures.js'

/** What `mirror --dry-run` and `sync --dry-run` print. `free`: bytes on the file system, where known */
export function planText(plan: DryRun, free: number | undefined): string {
  const lines = plan.projects.map(projectLine)
  lines.push(...plan.removals.map(({ project, reason }) => `remove   ${project}: ${reason}`))
  if (plan.refusal !== undefined) lines.push(plan.refusal)
  lines.push(...(plan.needed?.missing ?? []).map(({ project, reason }) => `missing  ${project}: ${reason}`))
  if (plan.needed !== undefined)
    lines.push(`Needed: ${counted(plan.needed.projects, 'project')} with ${counted(plan.needed.files, 'release file')}`)
  lines.push(...(plan.unknown ?? []), ...spaceLines(plan, free))
  const reasons = reasonsText(plan.reasons)
  if (reasons !== undefined) lines.push(reasons)
  const sizes = filesText(plan)
  const space = free === undefined ? '' : `; ${bytesText(free)} free`
  const serial = plan.serial === undefined ? '' : `; serial ${plan.serial.before ?? 'none'} -> ${plan.serial.after}`
  const removed = `${countText(plan.removals.length)} to remove`
  lines.push(`${counted(plan.projects.length, 'project')} to sync, ${removed}${sizes}${space}${serial}`)
  return lines.join('\n')
}

/** Whether the run has the space that it needs, as far as that can be told. @param free bytes, where known */
export function fits({ bytes, everything }: DryRun, free: number | undefined): boolean {
  return everything?.refused !== true && (bytes === undefined || free === undefined || bytes <= free)
}

function spaceLines(plan: DryRun, free: number | undefined): string[] {
  const { bytes = 0, everything } = plan
  if (everything !== undefined) return [everything.refused ? `${everything.text}. ${HOW_TO_CONFIRM}` : everything.text]
  if (fits(plan, free)) return []
  return [`Does not fit: ${bytesText(bytes)} to fetch, ${bytesText(free ?? 0)} free`]
}

/** Nothing with `--quick`. */
function filesText({ files, bytes = 0, held = 0, blocked = 0 }: DryRun): string {
  if (files === undefined) return ''
  return [
    `, ${counted(files, 'file')} to fetch (${bytesText(bytes)})`,
    ...(held === 0 ? [] : [`, ${counted(held, 'file')} held back`]),
    ...(blocked === 0 ? [] : [`, ${counted(blocked, 'file')} blocked`]),
  ].join('')
}

/** In the order in which they are printed. */
const REASONS: Readonly<Record<Reason, string>> = {
  new: 'new',
  changed: 'changed upstream',
  due: 'due to be looked at again',
  advisories: 'affected by new or withdrawn advisories',
  options: 'made with other options',
  filters: 'affected by edited filters',
  closure: 'of which requirements need other files, or nothing any more',
  owed: 'owed by earlier runs',
  withdrawn: 'withdrawn upstream',
  forced: 'compared because of --force-check',
}

/** `Why: 1 new, 3 changed upstream`; undefined where no project is looked at */
export function reasonsText(counts: DryRun['reasons'] = {}): string | undefined {
  const parts = Object.entries(REASONS).flatMap(([reason, words]) => {
    const count = counts[reason] ?? 0
    return count === 0 ? [] : [`${countText(count)} ${words}`]
  })
  return parts.length === 0 ? undefined : `Why: ${parts.join(', ')}`
}

function projectLine({ name, action, files, bytes, reason }: PlannedProject): string {
  const cost = files === undefined ? '' : `: ${counted(files, 'file')}, ${bytesText(bytes ?? 0)}`
  return `${action.padEnd(8)} ${name}${cost}${reason === undefined ? '' : `: ${reason}`}`
}

/** What a dry run of `verify` or `delete` found, in the form of the other plans: JSON. */
export function reportedPlan({ planned, failures, refusals }: Report): string {
  const projects = new Map<string, PlannedProject>()
  for (const { project: name, bytes } of planned.fetch) {
    const before = projects.get(name)
    projects.set(name, { name, action: 'repair', files: (before?.files ?? 0) + 1, bytes: (before?.bytes ?? 0) + bytes })
  }
  for (const { project: name, reason } of failures)
    projects.set(name, { files: 0, bytes: 0, ...projects.get(name), name, action: 'failed', reason })
  const plan = {
    projects: [...projects.values()],
    removals: planned.removals,
    refusal: refusals[0],
    files: planned.fetch.length,
    bytes: planned.fetch.reduce((sum, { bytes }) => sum + bytes, 0),
    fetch: planned.fetch,
    pages: planned.pages,
    remove: planned.remove,
  }
  return JSON.stringify(plan, null, 2)
}
