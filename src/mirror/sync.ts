import { LAYOUT, isSafeProjectName, shown } from '../model/layout.js'
import { normalizeName, safeName } from '../packaging/name.js'
import { recallNeeds } from './closure/recall.js'
import { askedItem } from './plan/asked-item.js'
import { openLedger } from './plan/open-ledger.js'
import type { WorkItem } from './plan/types.js'
import { recallJsonApi } from './project/json-api.js'
import { writeRoot } from './project/root.js'
import type { Context } from './run/context.js'
import { createListing } from './run/listed.js'
import { noteShape } from './run/note-shape.js'
import { prepareDirectories } from './run/prepare.js'
import { removeFound } from './run/remove-found.js'
import { reportFailures } from './run/report-failures.js'
import { warnOfClock } from './run/warn-of-clock.js'
import { workOff } from './run/work-off.js'
import { saveWithLooks } from './state/next-look.js'
import { openJournal } from './state/journal.js'
import type { LedgerEntry } from './state/ledger-entry.js'
import { loadNotes } from './state/run-notes.js'
import { loadState } from './state/status-files.js'

/**
 * `sync`: brings the named projects up to date, whatever the project filters say. What is owed by a `mirror` run, and
 * its status, stay as they are.
 */
export async function runSync(
  context: Context,
  names: readonly string[],
  options: { readonly writeRoot: boolean },
): Promise<void> {
  const { storage, log, report, bootId } = context
  await prepareDirectories(context)
  const state = await loadState(storage, log)
  const notes = await loadNotes(storage)
  log.info(`Syncing with ${context.upstream.url}.`)
  await recallNeeds(context)
  const { ledger } = await openLedger(context, { notes, state, thorough: false, readOnly: false })
  const items = new Map<string, WorkItem>()
  for (const given of names) {
    const name = normalizeName(given)
    const entry = ledger.get(name)
    if (isSafeProjectName(name))
      items.set(name, askedItem({ name, rawName: entry?.rawName ?? safeName(given) }, withoutFailures(entry)))
    else report.failures.push({ project: shown(given), reason: 'this is not a project name' })
  }
  recallJsonApi(
    context,
    notes,
    [...items.values()].map(({ rawName }) => rawName),
  )
  // The pages get today's shape, which an edit that is taken back later must find.
  await noteShape(context, notes)
  const journal = await openJournal(storage, bootId)
  await journal.begin([...items.keys()])
  if (storage.properties.metered) await storage.flush()
  const listing = createListing(context)
  const result = await workOff(context, items.values(), { journal, announces: 'none', isListed: listing.has })
  warnOfClock(context)
  reportFailures(context, { result, waiting: new Map() })
  if (result.stopped !== 'error') {
    await removeFound(context, { result, journal, listing })
    if (options.writeRoot) await writeRoot(context, state.status ?? 0)
    await storage.flush()
  }
  await saveWithLooks(storage, ledger)
  await storage.remove(LAYOUT.journal)
}

/** Named by an admin, a project is tried as if it had not failed before. */
function withoutFailures(entry: LedgerEntry | undefined): LedgerEntry | undefined {
  return entry?.owed === undefined ? entry : { ...entry, owed: { ...entry.owed, runs: Math.min(entry.owed.runs, 1) } }
}
