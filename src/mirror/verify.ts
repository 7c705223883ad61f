import type { Verifying, VerifyOptions } from './verify/types.js'
import { BandersnatchError, EXIT, StorageError, errorText } from '../errors.js'
import { filterReleases } from '../filters/apply.js'
import { expectedFiles } from '../model/expected.js'
import type { FileSpec } from '../model/files.js'
import { LAYOUT, isSafeProjectName, jsonKey } from '../model/layout.js'
import { throwIfStopped } from './run/context.js'
import type { Context } from './run/context.js'
import { eachOf, fetchFile } from './project/fetch-files.js'
import { recallJsonApi } from './project/json-api.js'
import { loadMemory } from './state/run-notes.js'
import { createOwnership } from './verify/ownership.js'
import { mirroredNames } from './project/pages.js'
import { expectedOptions } from './project/sync-project.js'
import { removeUnowned } from './verify/unowned.js'
import { updateDocument } from './verify/update-document.js'
import { upstreamSpecs, verifiableProject } from './verify/source.js'
import { openProgress } from './verify/progress.js'

/**
 * Checks every stored file against what its project's stored metadata or page promises, fetches what is missing or
 * wrong, and with `delete` removes what no project accounts for. Returns the exit code.
 */
export async function runVerify(context: Context, options: VerifyOptions): Promise<number> {
  const { storage, log, report, config } = context
  const names = await verifiableNames(context)
  if (names.length === 0) {
    log.error(`${storage.location('web')} holds neither metadata documents nor pages: there is nothing to verify`)
    return EXIT.nothing
  }
  log.info(`Starting verify of ${names.length} projects for ${storage.location('')} with ${config.verifiers} verifiers`)
  recallJsonApi(context, await loadMemory(storage), names)
  const state: Verifying = { context, options, owned: createOwnership(), unaccounted: [] }
  const progress = await openProgress(context, options)
  context.progress.phase('Verifying', names.length)
  const stopping = (): boolean => config.stopOnError && report.failures.length > 0
  await eachOf(context, { items: names, width: config.verifiers }, async (name) => {
    throwIfStopped(context)
    if (stopping()) return
    const done = await verifyProject(state, name, progress.isDone(name))
    context.progress.step(done ? 'done' : 'failed')
    if (done) await progress.done(name)
  })
  const dry = options.dryRun ? '[DRY RUN] would have fetched' : 'Fetched'
  log.info(`${dry} ${report.filesFetched} files (${report.bytesFetched} bytes)`)
  if (stopping()) {
    log.error('Exiting early after error.')
    return EXIT.incomplete
  }
  if (options.delete) await removeUnowned(state)
  await progress.finish()
  if (report.failures.length === 0 && report.refusals.length > 0) return EXIT.refused
  return report.failures.length === 0 ? EXIT.ok : EXIT.incomplete
}

/** Projects that have a metadata document or pages; anything else there is not ours. */
async function verifiableNames(context: Context): Promise<string[]> {
  const { storage, config } = context
  const names = new Set(await storage.names(LAYOUT.json, 'files'))
  for await (const some of mirroredNames(storage, config.hashIndex)) for (const name of some) names.add(name)
  return [...names].filter(isSafeProjectName).sort()
}

/** true when nothing is left to do for the project. `checked`: an earlier verify has read its files already. */
async function verifyProject(state: Verifying, name: string, checked: boolean): Promise<boolean> {
  const { context, options } = state
  try {
    if (options.jsonUpdate && (await refresh(state, name)) === 'gone') return true
    const found = await verifiableProject(context, name)
    if (found === undefined) return true
    const wanted = filterReleases(context.filters, found.project)
    const specs = context.config.releaseFiles ? expectedFiles(wanted, expectedOptions(context)) : []
    for (const spec of specs) state.owned.add(spec.key)
    return (
      checked ||
      (await repairFiles(state, name, { specs, complete: found.fromPage ? upstreamSpecs(context, name) : keep }))
    )
  } catch (error) {
    throwIfStopped(context)
    if (error instanceof StorageError || !(error instanceof BandersnatchError)) throw error
    state.unaccounted.push(name)
    return failed(context, name, errorText(error))
  }
}

const keep = async (spec: FileSpec): Promise<FileSpec> => spec

/** Fetches the metadata document anew. Where upstream gives none that makes sense, the stored one still counts. */
async function refresh({ context, options }: Verifying, name: string): Promise<'go on' | 'gone'> {
  if (options.dryRun) {
    context.log.info(`[DRY RUN] would fetch the metadata of ${name}`)
    return 'go on'
  }
  try {
    if ((await updateDocument(context, name)) === 'updated' || !options.delete) return 'go on'
    await context.storage.remove(jsonKey(name))
    return 'gone'
  } catch (error) {
    throwIfStopped(context)
    if (error instanceof StorageError || !(error instanceof BandersnatchError)) throw error
    failed(context, name, errorText(error))
    return 'go on'
  }
}

function failed(context: Context, name: string, reason: string): false {
  context.log.error(`${name}: ${reason}`)
  context.report.failures.push({ project: name, reason })
  return false
}

interface Repair {
  readonly specs: readonly FileSpec[]
  /** adds what must be known to fetch a file */
  readonly complete: (spec: FileSpec) => Promise<FileSpec>
}

async function repairFiles({ context, options }: Verifying, name: string, repair: Repair): Promise<boolean> {
  const { storage, log, report, config } = context
  const problems: string[] = []
  const conditions = await storage.checkAll(repair.specs, { method: config.compareMethod, trustMetadata: false })
  for (const [position, spec] of repair.specs.entries()) {
    throwIfStopped(context)
    const condition = conditions[position] ?? 'missing'
    if (condition === 'current') continue
    if (options.dryRun) {
      log.info(`[DRY RUN] ${spec.filename} is ${condition} and would be fetched`)
      report.filesFetched += 1
      report.bytesFetched += spec.size ?? 0
      report.planned.fetch.push({ project: name, path: storage.location(spec.key), condition, bytes: spec.size ?? 0 })
      continue
    }
    try {
      await fetchFile(context, await repair.complete(spec))
      log.info(`Repaired ${storage.location(spec.key)}, which was ${condition}`)
    } catch (error) {
      throwIfStopped(context)
      if (error instanceof StorageError || !(error instanceof BandersnatchError)) throw error
      if (condition === 'mismatch') await storage.remove(spec.key)
      problems.push(errorText(error))
      if (config.stopOnError) break
    }
  }
  const [first] = problems
  if (first === undefined) return true
  failed(context, name, problems.length === 1 ? first : `${first} (and ${problems.length - 1} more files)`)
  return false
}
