import { BandersnatchError, ConfigError, StorageError, UpstreamError, errorText } from '../../errors.js'
import { LAYOUT } from '../../model/layout.js'
import { normalizeName } from '../../packaging/name.js'
import { compareCodePoints } from '../../python/code-points.js'
import { throwIfStopped } from './context.js'
import type { Context } from './context.js'
import { eachOf } from '../project/fetch-files.js'
import { loadFailures, saveFailures } from '../state/run-notes.js'
import type { FailureRecord } from '../state/run-notes.js'
import { UNWANTED, WITHDRAWN } from '../project/remove.js'
import type { Removal } from './report.js'
import { refilterProject, syncProject } from '../project/sync-project.js'
import type { Outcome } from './outcome.js'

/** What became of a list of projects. Names as upstream spells them. */
export interface Worked {
  /** no longer upstream, or no longer wanted by a metadata filter */
  readonly withdrawn: ReadonlyMap<string, Removal>
  /** must not be mirrored; asking again would not help */
  readonly refused: ReadonlySet<string>
  /** name -> reason */
  readonly failed: ReadonlyMap<string, string>
  /** `stop-on-error` ended the work early */
  readonly stopped: boolean
}

/** Name as upstream spells it -> serial that its metadata must have, and those for which a stored document serves. */
export interface Work {
  readonly work: ReadonlyMap<string, number>
  readonly refiltered: ReadonlySet<string>
}

/** A project that need not be asked for again should the run be killed now. `serial`: of the pages now stored. */
export type Finished = (rawName: string, serial: number | undefined) => Promise<void>

/** Directories that 8.0 makes before anything else. */
export async function prepareDirectories(context: Context): Promise<void> {
  const keys = [
    LAYOUT.simple,
    LAYOUT.packages,
    LAYOUT.localStats,
    ...(context.config.json ? [LAYOUT.json, LAYOUT.pypi] : []),
  ]
  await context.storage.prepare(keys)
}

/** How often what failed is tried once more after everything else: most faults of an upstream pass. */
const FURTHER_ROUNDS = 2
/** A listing of a thousand files costs as much as a look at one: worth while even if few of them are asked for. */
const PROJECTS_PER_LISTING = 100
/** So many failures are no chance; the next run deals with them. */
const MOST_RETRIED = 1000

/** Works a list of projects off, several at a time. One that fails does not hold up the others and is tried again last. */
export async function workThrough(context: Context, todo: Work, finished: Finished): Promise<Worked> {
  const { work } = todo
  const { config, log, report, diff, progress } = context
  const withdrawn = new Map<string, Removal>()
  const refused = new Set<string>()
  const failed = new Map<string, string>()
  const again: string[] = []
  const doubted = new Set<string>()
  const stopping = (): boolean => config.stopOnError && failed.size > 0
  const workOff = async (rawName: string): Promise<void> => {
    throwIfStopped(context)
    if (stopping()) return
    failed.delete(rawName)
    if (withdrawn.delete(rawName)) report.projectsGone -= 1
    const required = work.get(rawName) ?? 0
    const outcome = await attempt(context, rawName, todo)
    const name = normalizeName(rawName)
    progress.step(outcome.kind === 'failed' ? 'failed' : 'done')
    switch (outcome.kind) {
      case 'synced':
        diff.add(outcome.changed)
        report.projectsSynced += 1
        await finished(rawName, outcome.serial)
        break
      case 'gone':
        log.info(`${name} no longer exists on PyPI`)
        withdrawn.set(rawName, { project: name, reason: WITHDRAWN })
        report.projectsGone += 1
        // Upstream's list has it, so this may be one of its faults.
        if (required > 0 && !doubted.has(rawName) && doubted.size < MOST_RETRIED) again.push(rawName)
        doubted.add(rawName)
        break
      case 'filtered':
        withdrawn.set(rawName, { project: name, reason: UNWANTED })
        report.projectsFiltered += 1
        break
      case 'refused':
        log.warn(`Refusing ${outcome.reason}`)
        report.refused += 1
        refused.add(rawName)
        await finished(rawName, undefined)
        break
      case 'failed':
        log.error(`Error syncing package: ${name}@${required}: ${outcome.reason}`)
        failed.set(rawName, outcome.reason)
        if (outcome.passing) again.push(rawName)
        break
    }
  }
  await context.storage.properties.survey?.(Math.ceil(work.size / PROJECTS_PER_LISTING))
  progress.phase('Projects', work.size)
  context.helper?.expect(work.size)
  await eachOf(context, { items: [...work.keys()].sort(compareCodePoints), width: config.workers }, workOff)
  for (
    let round = 0;
    round < FURTHER_ROUNDS && again.length > 0 && failed.size <= MOST_RETRIED && !stopping();
    round += 1
  ) {
    log.info(`Trying ${again.length} failed or missing packages once more`)
    await eachOf(context, { items: again.splice(0), width: config.workers }, workOff)
  }
  if (stopping()) log.error('Exiting early after error.')
  return { withdrawn, refused, failed, stopped: stopping() }
}

/** A project's outcome; only a failing storage, filters that cannot work, a signal and bugs end the run. */
async function attempt(context: Context, rawName: string, { work, refiltered }: Work): Promise<Outcome> {
  try {
    const stored = refiltered.has(rawName) ? await refilterProject(context, rawName) : undefined
    return stored ?? (await syncProject(context, rawName, work.get(rawName) ?? 0))
  } catch (error) {
    throwIfStopped(context)
    if (error instanceof StorageError || error instanceof ConfigError || !(error instanceof BandersnatchError))
      throw error
    // A document that makes no sense was asked for several times already; giant ones would come all together.
    const passing = error instanceof UpstreamError && error.kind !== 'content' && error.kind !== 'too-large'
    return { kind: 'failed', reason: errorText(error), passing }
  }
}

/** Keeps account of projects that fail run after run, and reports them. */
export async function recordFailures(context: Context, failed: ReadonlyMap<string, string>): Promise<void> {
  const before = await loadFailures(context.storage)
  const now = new Map<string, FailureRecord>()
  for (const [rawName, reason] of failed) {
    const record = before.get(rawName)
    const since = record?.since ?? new Date().toISOString()
    const runs = (record?.runs ?? 0) + 1
    now.set(rawName, { since, runs, reason })
    context.report.failures.push({ project: normalizeName(rawName), reason, since, runs })
  }
  if (before.size > 0 || now.size > 0) await saveFailures(context.storage, now)
}
