import { EXIT } from '../errors.js'
import type { Context } from '../mirror/context.js'
import { explainProject, planMirror, planProjects } from '../mirror/dry-run.js'
import type { DryRun, DryRunOptions, Explanation, PlannedProject } from '../mirror/dry-run.js'
import { bytesText } from '../log/figures.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'

export interface PlanOptions extends DryRunOptions {
  readonly json: boolean
  /** names of projects to explain instead of planning the whole run */
  readonly explain: readonly string[]
}

/** `bandersnatch mirror --dry-run`: prints the plan on stdout. Exit 1 when the run would not be complete. */
export async function dryRunCommand(setting: Setting, options: PlanOptions): Promise<number> {
  return withMirror(setting, { command: 'mirror --dry-run', writesDiff: false, creates: false, readOnly: true }, async (context) => {
    if (options.explain.length > 0) return explainAll(context, setting, options)
    const plan = await planMirror(context, options)
    setting.print(options.json ? JSON.stringify(plan, null, 2) : planText(plan, await context.storage.freeBytes()))
    return plan.refusal === undefined && plan.projects.every(({ action }) => action !== 'failed') ? EXIT.ok : EXIT.incomplete
  })
}

/** `bandersnatch sync --dry-run NAME...` */
export async function dryRunSync(setting: Setting, names: readonly string[]): Promise<number> {
  return withMirror(setting, { command: 'sync --dry-run', writesDiff: false, creates: false, readOnly: true }, async (context) => {
    const projects = await planProjects(context, new Map(names.map((name) => [name, 0])), false)
    setting.print(projects.map(projectLine).join('\n'))
    return projects.every(({ action }) => action !== 'failed') ? EXIT.ok : EXIT.incomplete
  })
}

async function explainAll(context: Context, setting: Setting, options: PlanOptions): Promise<number> {
  const explanations: Explanation[] = []
  for (const name of options.explain) explanations.push(await explainProject(context, name))
  setting.print(options.json ? JSON.stringify(explanations, null, 2) : explanations.map(explanationText).join('\n'))
  return EXIT.ok
}

function planText(plan: DryRun, free: number | undefined): string {
  const lines = plan.projects.map(projectLine)
  lines.push(...plan.removals.map(({ project, reason }) => `remove   ${project}: ${reason}`))
  if (plan.refusal !== undefined) lines.push(plan.refusal)
  const sizes = plan.files === undefined ? '' : `, ${plan.files} files to fetch (${bytesText(plan.bytes ?? 0)})`
  const space = free === undefined ? '' : `; ${bytesText(free)} free`
  const serial = `serial ${plan.serial.before ?? 'none'} -> ${plan.serial.after}`
  lines.push(`${plan.projects.length} projects to sync, ${plan.removals.length} to remove${sizes}${space}; ${serial}`)
  return lines.join('\n')
}

function projectLine({ name, action, files, bytes, reason }: PlannedProject): string {
  const cost = files === undefined ? '' : `: ${files} files, ${bytesText(bytes ?? 0)}`
  return `${action.padEnd(8)} ${name}${cost}${reason === undefined ? '' : `: ${reason}`}`
}

function explanationText({ name, mirrored, verdict, drops }: Explanation): string {
  const lines = drops.filter(({ kind }) => kind !== 'project').map(({ kind, version, filename, plugin }) =>
    `  ${kind} ${filename ?? version ?? ''}: ${plugin === undefined ? 'has no files' : `dropped by ${plugin}`}`)
  return [`${name}: ${verdict}${mirrored ? ' (mirrored now)' : ''}`, ...lines].join('\n')
}
