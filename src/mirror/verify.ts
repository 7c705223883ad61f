import { counted } from '../count.js'
import { EXIT, errorText } from '../errors.js'
import { LAYOUT, isSafeProjectName } from '../model/layout.js'
import { field } from '../model/json.js'
import { pageFiles, pageKeys } from '../model/page.js'
import type { JsonObject } from '../model/project.js'
import { recallNeeds } from './closure/recall.js'
import { openLedger } from './plan/open-ledger.js'
import { recallJsonApi } from './project/json-api.js'
import { misplacedNames, mirroredNames } from './project/places.js'
import { namedProvenance } from './project/provenance.js'
import { storedPages } from './project/stored.js'
import { throwIfStopped } from './run/context.js'
import type { Context } from './run/context.js'
import { eachOf } from './run/each-of.js'
import { noteShape } from './run/note-shape.js'
import { isProjectFault } from './run/fault.js'
import { reportRefused } from './run/report-failures.js'
import { createListing } from './run/listed.js'
import { openJournal } from './state/journal.js'
import { loadNotes } from './state/run-notes.js'
import { loadState } from './state/status-files.js'
import { askAnew, askItem, checkProject } from './verify/check-project.js'
import { finishVerify, saveLedger } from './verify/finish.js'
import { createOwnership } from './verify/ownership.js'
import { openProgress } from './verify/progress.js'
import { readOnce } from './verify/read-once.js'
import type { Verifying, VerifyOptions } from './verify/types.js'
import { removeUnowned } from './verify/unowned.js'

/**
 * Checks every project that the mirror serves: document, pages and files. Repairs what is missing, damaged or stale, and
 * with `delete` removes files that nothing accounts for. Returns the exit code.
 */
export async function runVerify(context: Context, options: VerifyOptions): Promise<number> {
  const { storage, log, report, config } = context
  const notes = await loadNotes(storage)
  const state = await loadState(storage, log, { readOnly: true })
  const names = await verifiableNames(context)
  if (names.length === 0) {
    log.error(`${storage.location('web')} holds neither metadata documents nor pages: there is nothing to verify`)
    return EXIT.nothing
  }
  await recallNeeds(context)
  const { ledger } = await openLedger(context, { notes, state, thorough: true, readOnly: options.dryRun })
  if (!options.dryRun) await noteShape(context, notes)
  const journal = options.dryRun ? undefined : await openJournal(storage, context.bootId)
  log.info(`Verifying ${counted(names.length, 'project')} of ${storage.location('')}, ${config.verifiers} at a time`)
  recallJsonApi(context, notes, names)
  const verifying: Verifying = {
    context,
    options,
    ledger,
    notes,
    journal,
    owned: createOwnership(),
    unaccounted: [],
    withdrawn: [],
    listed: createListing(context).has,
  }
  const progress = await openProgress(context, options)
  context.progress.phase('Verifying', names.length)
  const stopping = (): boolean => config.stopOnError && report.failures.length > 0
  await eachOf(context, { items: names, width: config.verifiers }, async (name) => {
    throwIfStopped(context)
    if (stopping()) return
    if (context.timeIsUp()) {
      report.projectsLeft += 1
      return
    }
    const done = await verifyProject(verifying, name, progress.isDone(name))
    context.progress.step(done ? 'done' : 'failed', name)
    if (done) await progress.done(name)
  })
  if (stopping()) {
    log.error('Exiting early after error.')
    if (!options.dryRun) await saveLedger(context, ledger)
    return EXIT.incomplete
  }
  if (report.projectsLeft > 0) {
    if (!options.dryRun) await saveLedger(context, ledger)
    return report.failures.length === 0 ? EXIT.ok : EXIT.incomplete
  }
  reportRefused(context)
  await finishVerify(verifying, state)
  if (options.delete) await removeUnowned(verifying)
  await progress.finish()
  if (report.failures.length === 0 && report.refusals.length > 0) return EXIT.refused
  const damaged = options.dryRun && report.planned.fetch.length + report.planned.pages.length > 0
  return report.failures.length === 0 && !damaged ? EXIT.ok : EXIT.incomplete
}

/** Projects that have a metadata document or pages; other names there are not ours. */
async function verifiableNames({ storage, config }: Context): Promise<string[]> {
  const names = new Set(config.json ? await storage.names(LAYOUT.json, 'files') : [])
  for (const groups of [mirroredNames(storage, config.hashIndex), misplacedNames(storage, config.hashIndex)]) {
    for await (const some of groups) for (const name of some) names.add(name)
  }
  return [...names].filter(isSafeProjectName).sort()
}

/** true when nothing is left to do for the project. `checked`: an earlier verify has read its files already. */
async function verifyProject(whole: Verifying, name: string, checked: boolean): Promise<boolean> {
  const context = { ...whole.context, storage: readOnce(whole.context.storage) }
  const verifying = { ...whole, context }
  const { options, owned } = verifying
  const { config, storage, report, log } = context
  report.verified.projects += 1
  let done = false
  try {
    if (checked) {
      done = true
      report.verified.finishedBefore += 1
    } else if (options.jsonUpdate && !options.dryRun) done = await askAnew(verifying, askItem(verifying, name))
    else done = await checkProject(verifying, name)
  } catch (error) {
    throwIfStopped(context)
    if (!isProjectFault(error)) throw error
    log.debug(`${name}: ${errorText(error)}`)
    report.failures.push({ project: name, reason: errorText(error) })
  }
  const pages = await storedPages(storage, config, name)
  if (pages.length === 0 && !done) verifying.unaccounted.push(name)
  const shapes = Object.values(verifying.notes.shapes)
  for (const page of pages) {
    for (const key of localKeys(page, config)) owned.add(key)
    for (const key of namedProvenance(context, name, { page, shapes })) owned.add(key)
  }
  return done
}

/** Keys of what a page links to in the mirror. With `release-files = false` links below `root_uri` lead to another host. */
function localKeys(page: JsonObject, { releaseFiles, rootUri }: Context['config']): string[] {
  if (releaseFiles) return pageKeys(page, rootUri)
  const isLocal = (file: JsonObject): boolean => {
    const url = field(file, 'url')
    return typeof url === 'string' && !url.startsWith(rootUri)
  }
  return pageKeys({ ...page, files: pageFiles(page).filter(isLocal) }, rootUri)
}
