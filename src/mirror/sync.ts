import { LAYOUT, isSafeProjectName, shown } from '../model/layout.js'
import { normalizeName, safeName } from '../packaging/name.js'
import type { Context } from './run/context.js'
import { recallJsonApi } from './project/json-api.js'
import { loadMemory, loadSerials, saveSerials } from './state/run-notes.js'
import { mirroredNames, writeRootIndex } from './project/pages.js'
import { hasPages, removeProject } from './project/remove.js'
import { loadState } from './state/status-files.js'
import { prepareDirectories, recordFailures, workThrough } from './run/work-off.js'

/**
 * `sync`: brings the named projects up to date, whatever the project filters say. What is owed by a `mirror` run, and
 * its status, stay as they are.
 */
export async function runSync(
  context: Context,
  names: readonly string[],
  options: { readonly writeRoot: boolean },
): Promise<void> {
  const { storage, config, report, log } = context
  await prepareDirectories(context)
  const state = await loadState(storage, log)
  log.info(`Syncing with ${context.upstream.url}.`)
  const work = new Map<string, number>()
  for (const name of names) {
    if (isSafeProjectName(normalizeName(name))) work.set(safeName(name), 0)
    else report.failures.push({ project: shown(name), reason: 'this is not a project name' })
  }
  recallJsonApi(context, await loadMemory(storage), work.keys())
  const serials = await loadSerials(storage, LAYOUT.serials)
  const worked = await workThrough(context, { work, refiltered: new Set() }, async (rawName, serial) => {
    if (serial !== undefined) serials.set(normalizeName(rawName), serial)
  })
  await recordFailures(context, worked.failed)
  if (worked.stopped) return
  for (const removal of worked.withdrawn.values()) {
    log.warn(`${removal.project}: ${removal.reason}`)
    if (config.removedProjects === 'keep' || !(await hasPages(context, removal.project))) continue
    await removeProject(context, removal)
    serials.delete(removal.project)
  }
  await saveSerials(storage, LAYOUT.serials, serials)
  if (options.writeRoot) context.diff.add(await rewriteRoot(context, state.status ?? 0, serials))
  await storage.flush()
}

/** Writes the root index anew outside of a `mirror` run: with the serial of the last one. */
export async function rewriteRoot(
  context: Context,
  serial: number,
  serials: ReadonlyMap<string, number>,
): Promise<string[]> {
  const { storage, config } = context
  const names: string[] = []
  for await (const some of mirroredNames(storage, config.hashIndex)) names.push(...some)
  return writeRootIndex(storage, config, { names, serial, serials })
}
