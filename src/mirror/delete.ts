import { UpstreamError, errorText } from '../errors.js'
import { documentKeys } from '../model/document.js'
import {
  LAYOUT,
  heldKey,
  integrityDirectory,
  isSafeFilename,
  isSafeProjectName,
  jsonKey,
  publishersKey,
  shown,
} from '../model/layout.js'
import { keepsProject } from '../filters/apply.js'
import { meantText, nearestName } from '../model/nearest-name.js'
import { normalizeName } from '../packaging/name.js'
import { recallNeeds } from './closure/recall.js'
import { openLedger } from './plan/open-ledger.js'
import { fetchProject } from './project/fetch-project.js'
import { recallJsonApi } from './project/json-api.js'
import { mirroredNames } from './project/places.js'
import { ownedKeys, removeFiles, removeServed } from './project/remove.js'
import { writeRoot } from './project/root.js'
import { createDeletionPlan, findStored, oldSpelling } from './project/deletion.js'
import { hasPages, storedProject } from './project/stored.js'
import { throwIfStopped } from './run/context.js'
import type { Context } from './run/context.js'
import { isProjectFault } from './run/fault.js'
import { noteShape } from './run/note-shape.js'
import { saveWithLooks } from './state/next-look.js'
import { openJournal } from './state/journal.js'
import type { LedgerEntry } from './state/ledger-entry.js'
import { loadNotes } from './state/run-notes.js'
import { loadState } from './state/status-files.js'

/** `delete`: removes everything that the mirror has of the named projects, in any spelling, whatever the filters say. */
export async function runDelete(
  context: Context,
  names: readonly string[],
  options: { readonly dryRun: boolean },
): Promise<void> {
  const { storage, report, log } = context
  const notes = await loadNotes(storage)
  const state = await loadState(storage, log, { readOnly: true })
  // A `delete` that was killed may have removed everything but the name in the root index.
  const interrupted = !options.dryRun && (await storage.stat(LAYOUT.journal)) !== undefined
  await recallNeeds(context)
  const { ledger } = await openLedger(context, { notes, state, thorough: false, readOnly: options.dryRun })
  recallJsonApi(context, notes, names)
  if (!options.dryRun) await noteShape(context, notes)
  const journal = options.dryRun ? undefined : await openJournal(storage, context.bootId)
  const planned = createDeletionPlan(context)
  let removedPages = interrupted
  for (const given of names) {
    throwIfStopped(context)
    const name = normalizeName(given)
    if (!isSafeProjectName(name) || !isSafeFilename(given)) {
      report.failures.push({ project: shown(given), reason: 'this is not a project name' })
      continue
    }
    const document = await storedProject(storage, name)
    if (document === 'unreadable') {
      const where = storage.location(jsonKey(name))
      const reason = `${where} cannot be read, so its files are not known; verify --json-update repairs it`
      report.failures.push({ project: name, reason })
      continue
    }
    const keys = await fileKeys(context, name, document === undefined && !options.dryRun)
    const found = await findStored(context, { name, given, keys })
    if (found.length === 0 && !interrupted && ledger.get(name)?.absent !== 'deleted') {
      await reportUnknown(context, name)
      continue
    }
    if (options.dryRun) {
      planned.add(name, found)
      continue
    }
    removedPages ||= await hasPages(storage, context.config, name)
    await journal?.begin([name])
    // Pages first: nobody is sent to a file that is gone. What knows the files goes last: a killed run finds them again.
    await removePages(context, name, given)
    await removeFiles(context, { name, keys, pruneParents: false })
    await storage.removeTree(integrityDirectory(name))
    await storage.remove([publishersKey(name), jsonKey(name), heldKey(name)])
    if (given !== name) await storage.remove(`${LAYOUT.json}/${given}`)
    const serial = ledger.get(name)?.serial
    // A comparison with the list would bring it back before it changes upstream.
    const entry =
      serial !== undefined && serial > 0
        ? ({ serial, shape: context.shapeOf(name), absent: 'deleted' } as const)
        : undefined
    if (entry === undefined) ledger.delete(name)
    else ledger.set(name, entry)
    await journal?.finished(name, entry)
    if (found.length > 0) report.removals.push({ project: name, reason: DELETED, by: 'admin' })
    tellReturn(context, name, entry)
  }
  if (options.dryRun) return planned.tell()
  await saveWithLooks(storage, ledger)
  if (removedPages && (await hasRoot(context))) await writeRoot(context, state.status ?? 0)
  await storage.remove(LAYOUT.journal)
}

const DELETED = 'deleted by command'

async function removePages(context: Context, name: string, given: string): Promise<void> {
  const { storage, config } = context
  await removeServed(context, name, { documents: false })
  await storage.removeTree(`${LAYOUT.pypi}/${name}`)
  for (const directory of oldSpelling(config.hashIndex, { name, given })) await storage.removeTree(directory)
}

/** The files of a project: what is stored of it knows them; where no metadata document is, upstream is asked too. */
async function fileKeys(context: Context, name: string, askUpstream: boolean): Promise<string[]> {
  const { storage, config, log } = context
  const keys = new Set(await ownedKeys(context, name))
  if (askUpstream) {
    // 8.0 leaves this directory behind when it fetches the document.
    await storage.prepare([LAYOUT.json])
    try {
      const fetched = await fetchProject(context, name, 0)
      if (typeof fetched !== 'string') documentKeys(fetched.project, config.digestName).forEach((key) => keys.add(key))
    } catch (error) {
      throwIfStopped(context)
      if (!isProjectFault(error) && !(error instanceof UpstreamError)) throw error
      log.warn(`${name}: no metadata upstream (${errorText(error)}); removing what the mirror itself knows of`)
    }
  }
  return [...keys]
}

async function hasRoot({ storage, config }: Context): Promise<boolean> {
  const page = config.simpleFormat === 'JSON' ? 'index.v1_json' : 'index.html'
  return (await storage.stat(`${LAYOUT.simple}/${page}`)) !== undefined
}

/** A name of which the mirror has nothing: mostly a misspelled one. */
async function reportUnknown({ storage, config, report, log }: Context, name: string): Promise<void> {
  const names: string[] = []
  for await (const some of mirroredNames(storage, config.hashIndex)) names.push(...some)
  const reason = `is not in this mirror${meantText(nearestName(name, names))}`
  log.error(`${name} ${reason}`)
  report.failures.push({ project: name, reason })
}

/** Says when the project would come back, and how to prevent that; nothing where the filters do not want it. */
function tellReturn({ filters, log }: Context, name: string, entry: LedgerEntry | undefined): void {
  if (!keepsProject(filters, name).keep) return
  const when = entry === undefined ? 'with the next comparison with upstream' : 'when upstream changes it'
  const places = filters.entries.filter((one) => one.list === 'wanted' && one.name === name).map(({ where }) => where)
  const instead =
    places.length > 0
      ? `take it off the list (${places.join(', ')})`
      : 'add it to [blocklist] packages, which blocklist_project reads'
  log.warn(`${name} comes back ${when}; to prevent that, ${instead}`)
}
