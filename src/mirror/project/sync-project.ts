import { UpstreamError, errorText } from '../../errors.js'
import { field } from '../../model/json.js'
import { isSafeProjectName, shown } from '../../model/layout.js'
import { normalizeName } from '../../packaging/name.js'
import type { WorkItem } from '../plan/types.js'
import { throwIfStopped } from '../run/context.js'
import type { Context } from '../run/context.js'
import { isProjectFault } from '../run/fault.js'
import type { Outcome } from '../run/outcome.js'
import { checkStoredVersions, checkVersions } from '../run/unknown.js'
import { fetchProject } from './fetch-project.js'
import type { FetchedProject } from './fetch-project.js'
import { projectFromStored } from './render-stored.js'
import { storeProject } from './store-project.js'
import { takeOffWithheld } from './take-off.js'

/** From its third failing run a project is tried with few requests. */
const CAUTIOUS_RUNS = 2

/** A project's outcome. Only a failing storage, filters that cannot work, a signal and bugs end the run. */
export async function syncProject(context: Context, item: WorkItem): Promise<Outcome> {
  const outcome = await outcomeOf(context, item)
  if (outcome.kind === 'failed' || outcome.kind === 'missing') await takeOffWithheld(context, item)
  return outcome
}

async function outcomeOf(context: Context, item: WorkItem): Promise<Outcome> {
  try {
    return await bringUpToDate(context, item)
  } catch (error) {
    throwIfStopped(context)
    if (!isProjectFault(error)) throw error
    // A document that makes no sense was asked for several times already; giant ones would come all together.
    const passing = error instanceof UpstreamError && error.kind !== 'content' && error.kind !== 'too-large'
    return { kind: 'failed', reason: errorText(error), passing }
  }
}

/** Metadata, files, then the pages that name them: from what is stored where that suffices, else from upstream. */
async function bringUpToDate(context: Context, item: WorkItem): Promise<Outcome> {
  const { name, rawName, serial, entry } = item
  if (!isSafeProjectName(name)) return { kind: 'refused', reason: `${shown(rawName)} is not a project name`, serial }
  const reshaped = isReshaped(context, item)
  const { runs = 0, serial: before = 0 } = entry?.owed ?? {}
  // What is new of it since it failed has not failed yet.
  const cautious = runs >= CAUTIOUS_RUNS && serial <= before ? runs : undefined
  const how = { reshaped, held: entry?.held, cautious, madeWith: item.madeWith }
  if (item.render) {
    const stored = await projectFromStored(context, item)
    if (stored !== undefined) {
      checkStoredVersions(context, stored.project)
      const { lastSerial } = stored.project
      return storeProject(context, stored, { ...how, serial: lastSerial, method: 'stat' })
    }
  }
  context.log.debug(`Fetching metadata for package: ${name} (serial ${serial})`)
  const fetched = await fetchProject(context, rawName, serial)
  if (typeof fetched === 'string') return { kind: fetched }
  checkVersions(context, fetched.project)
  const known = isUnspelled(item) ? spelledByDocument(fetched) : fetched
  const letGo = context.heldBytes.hold(fetched.text?.length ?? 0)
  try {
    return await storeProject(context, known, { ...how, serial, method: context.config.compareMethod })
  } finally {
    letGo()
  }
}

function isReshaped({ shapeOf }: Context, { name, entry }: WorkItem): boolean {
  return entry !== undefined && entry.absent === undefined && entry.shape !== shapeOf(name)
}

/**
 * The list tells how upstream spells a name. A command that goes without the list has the spelling from the document, as has
 * a project that only a requirement names.
 */
function isUnspelled({ reason, listed, isUnspelled: byNeed }: WorkItem): boolean {
  return byNeed === true || (reason === 'forced' && listed === undefined)
}

/** A project that was renamed upstream keeps its normalized name. */
function spelledByDocument(fetched: FetchedProject): FetchedProject {
  const { name, info } = fetched.project
  const given = field(info, 'name')
  if (typeof given !== 'string' || normalizeName(given) !== name) return fetched
  return { ...fetched, project: { ...fetched.project, rawName: given } }
}
