import { UpstreamError } from '../errors.js'
import type { Changes, ProjectList } from '../upstream/types.js'
import type { Context } from './context.js'
import { insist } from './insist.js'
import type { Memory } from './memory.js'
import type { Changed } from './plan.js'

/** A whole run hangs on these questions. */
const FURTHER_ATTEMPTS = 2

export interface Question {
  /** serial up to which everything is known; 0 for everything */
  readonly since: number
  readonly memory: Memory
  /** the mirror must be compared with the whole list */
  readonly wholeList: boolean
}

/**
 * Asks upstream what changed: the changelog for an incremental run, which costs about a kilobyte when nothing did; the
 * whole list for a first, forced or reconciling one, and where upstream offers no changelog.
 */
export async function askUpstream(context: Context, question: Question): Promise<Changed> {
  const { config, log } = context
  const { since } = question
  if (config.apiMethod !== 'simple' && !question.wholeList && since > 0) {
    const changes = await insist(context, FURTHER_ATTEMPTS, () => context.upstream.changesSince(since))
    if (changes === 'not-offered') log.warn('Upstream offers no XML-RPC changelog; comparing with the list of all projects instead')
    else if (!needsList(context, changes)) return { list: undefined, changes: changes.projects, serial: changes.serial }
  }
  const list = await insist(context, FURTHER_ATTEMPTS, () => wholeList(context, question))
  if (list === 'unchanged') return { list: undefined, changes: new Map(), serial: since }
  const changes = new Map<string, number>()
  let highest = 0
  if (!list.hasSerials) log.info('The list of projects has no serials: every project is asked for')
  for (const [name, serial] of list.projects) {
    if (serial > since || !list.hasSerials) changes.set(name, serial)
    if (serial > highest) highest = serial
  }
  return { list, changes, serial: Math.max(highest, list.serial ?? 0) }
}

/** A changelog that speaks of a removal: the list then says what is still there. */
function needsList(context: Context, changes: Changes): boolean {
  return context.config.apiMethod === 'auto' && changes.removals
}

async function wholeList(context: Context, { memory, since, wholeList }: Question): Promise<ProjectList | 'unchanged'> {
  const { upstream, config, log } = context
  if (config.apiMethod === 'xmlrpc') {
    const projects = await upstream.listByRpc()
    if (projects !== 'not-offered') {
      if (projects.size === 0) throw new UpstreamError('content', `${upstream.url}: the list of projects is empty`)
      return { serial: undefined, projects, hasSerials: true, etag: undefined }
    }
    log.warn('Upstream offers no XML-RPC; using the PEP 691 list of all projects instead')
  }
  // The ETag stands for the list that brought the mirror to this serial; for another serial it says nothing.
  const etag = !wholeList && since > 0 && memory.listSerial === since ? memory.listEtag : undefined
  return upstream.list(etag)
}
