import { stillUnknown, unknownCount, unknownLines, unknownNames, missingVersions } from '../../filters/unknown.js'
import type { Unknown } from '../../filters/unknown.js'
import type { Project } from '../../model/project.js'
import { normalizeName } from '../../packaging/name.js'
import type { PlannedRun } from '../plan/plan-run.js'
import type { Context } from './context.js'

/** So many names and versions are told one by one. */
const MOST_TOLD = 50

/** Compares the versions of a project, as upstream has it, with those that lists pin. */
export function checkVersions({ filters, report }: Pick<Context, 'filters' | 'report'>, project: Project): void {
  if (filters.pins.size === 0) return
  const versions = project.releases.map(({ version }) => version)
  report.checkedVersions.set(project.name, missingVersions(filters.pins.get(project.name), versions))
}

/** The same of a project that is made from what is stored: only a document has all versions. */
export function checkStoredVersions(context: Pick<Context, 'filters' | 'report'>, project: Project): void {
  if (project.document !== undefined) checkVersions(context, project)
}

/** What the lists ask for and upstream does not have: as the last runs found it, and as this one did. */
export function findUnknown(
  { filters, report }: Pick<Context, 'filters' | 'report'>,
  { changes, known }: PlannedRun,
): Unknown {
  const { entries } = filters
  const changed = new Set([...changes.changelog.keys()].map(normalizeName))
  const before = stillUnknown(known.notes.unknown, entries, (name) => changed.has(name))
  const whole = changes.tellsAbsence ? changes.list : undefined
  const versions = { ...before.versions }
  for (const [name, missing] of report.checkedVersions) {
    if (Object.keys(missing).length > 0) versions[name] = missing
    else delete versions[name]
  }
  return { names: whole === undefined ? before.names : unknownNames(entries, whole.projects), versions }
}

/** Notes and tells what is unknown: one by one in the run that finds it, and as a count in later ones. */
export function tellUnknown(context: Context, run: PlannedRun): void {
  const { filters, report, log } = context
  report.unknown = findUnknown(context, run)
  const count = unknownCount(report.unknown)
  if (count === undefined) return
  const told = new Set(unknownLines(run.known.notes.unknown, filters.entries))
  const fresh = unknownLines(report.unknown, filters.entries).filter((line) => !told.has(line))
  if (fresh.length === 0) return log.info(`${count}; 'bandersnatch status' names them`)
  const more = fresh.length - MOST_TOLD
  const lines = [...fresh.slice(0, MOST_TOLD), ...(more > 0 ? [`and ${more} more`] : [])]
  log.warn(`${count}: ${lines.join('. ')}`)
}

/** What the run found that the lists ask for and upstream does not have: one line each. */
export function reportedUnknown({ filters, report }: Pick<Context, 'filters' | 'report'>): string[] {
  return unknownLines(report.unknown, filters.entries)
}
