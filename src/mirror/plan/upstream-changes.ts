import { UpstreamError, errorText } from '../../errors.js'
import type { Changes, ProjectList } from '../../upstream/types.js'
import type { Context } from '../run/context.js'
import { askAgain } from '../run/ask-again.js'
import { normalizeName } from '../../packaging/name.js'
import type { RunNotes } from '../state/run-notes.js'
import type { UpstreamChanges } from './types.js'

export interface Question {
  /** serial up to which everything is known; 0 for everything */
  readonly since: number
  /** serial that the mirror has, whatever `since` says */
  readonly held: number
  readonly notes: RunNotes
  /** the mirror must be compared with the whole list */
  readonly wholeList: boolean
  /** upstream may be another index than before: `--force-check --allow-removals` */
  readonly switching: boolean
}

/**
 * Asks upstream what changed: the changelog for an incremental run, which costs less than a kilobyte when nothing did;
 * the whole list for a first, forced or reconciling one, and where upstream offers no changelog.
 * @throws UpstreamError where neither can be had
 */
export async function askUpstream(context: Context, question: Question): Promise<UpstreamChanges> {
  const { since, notes } = question
  const asksChangelog = context.config.apiMethod !== 'simple' && since > 0
  const changelog = asksChangelog ? await askChangelog(context, since) : undefined
  const enough = changelog !== undefined && !question.wholeList && !wentBack(question, changelog.serial)
  const nothing = {
    list: undefined,
    changelog: new Map(),
    removed: new Set<string>(),
    wentBack: false,
    tellsAbsence: false,
  }
  // A project that was removed: the list says what is still there.
  if (enough && !(context.config.apiMethod === 'auto' && changelog.removed.size > 0)) {
    return {
      ...nothing,
      changelog: changelog.projects,
      removed: normalizedNames(changelog.removed),
      serial: changelog.serial,
    }
  }
  const list = await askList(context, question, changelog)
  if (list === 'unchanged') return { ...nothing, serial: notes.upstreamSerial ?? since }
  return compared(context, { question, changelog, list })
}

function normalizedNames(names: ReadonlySet<string>): Set<string> {
  return new Set([...names].map(normalizeName))
}

/** Upstream was further before, or the mirror says that it is further than upstream is. */
function wentBack({ notes, since }: Question, serial: number): boolean {
  return serial < Math.max(since, notes.upstreamSerial ?? 0)
}

/** What the changelog says after `since`; upstream's own serial when it has not got there; undefined without a changelog. */
async function askChangelog(context: Context, since: number): Promise<Changes | undefined> {
  const { upstream, log } = context
  const instead = 'comparing with the list of all projects instead'
  try {
    const last = await askAgain(context, 'run', () => upstream.lastSerial())
    if (last !== 'not-offered' && last <= since) return { serial: last, projects: new Map(), removed: new Set() }
    const changes =
      last === 'not-offered' ? last : await askAgain(context, 'run', () => upstream.changesSince(since, last))
    // Rows beyond the last serial came in between, or are mistaken: they do not decide where the next run goes on.
    if (changes !== 'not-offered' && last !== 'not-offered')
      return { ...changes, serial: Math.min(changes.serial, last) }
    log.warn(`Upstream offers no XML-RPC changelog; ${instead}`)
  } catch (error) {
    if (context.config.apiMethod !== 'auto') throw error
    unlessUnreachable(error)
    log.warn(`Upstream's changelog cannot be used; ${instead}: ${errorText(error)}`)
  }
  return undefined
}

/** An upstream that answers, whatever it answers, may have what is wanted elsewhere. */
function unlessUnreachable(error: unknown): undefined {
  if (!(error instanceof UpstreamError) || error.kind === 'connect') throw error
}

/** The list of all projects, from where the configuration says or, when that is not offered, from the other place. */
async function askList(
  context: Context,
  question: Question,
  changelog: Changes | undefined,
): Promise<ProjectList | 'unchanged'> {
  const { config, log } = context
  if (config.apiMethod === 'xmlrpc') {
    const list = await listByRpc(context, changelog)
    if (list !== undefined) return list
    log.warn('Upstream offers no XML-RPC; using the PEP 691 list of all projects instead')
  }
  const { notes, since } = question
  // The ETag stands for the list that brought the mirror to this serial; for another serial it says nothing.
  const conditional = since > 0 && !question.wholeList && changelog === undefined && notes.listSerial === since
  const list = await askAgain(context, 'run', () =>
    context.upstream.list(conditional ? notes.listEtag : undefined),
  ).catch(asNotOffered)
  if (list === 'unchanged' || (!(list instanceof UpstreamError) && list.hasSerials)) return list
  const byRpc = config.apiMethod === 'auto' ? await listByRpc(context, changelog).catch(unlessUnreachable) : undefined
  if (byRpc !== undefined) {
    log.warn('Upstream offers no PEP 691 list with serials; using its XML-RPC list instead')
    return byRpc
  }
  if (list instanceof UpstreamError) throw list
  if (list.html === true && question.held > 0 && !question.switching) {
    throw new UpstreamError(
      'content',
      `${context.upstream.url}: the list of projects is HTML without serials, but the mirror has serial ${question.held}. ` +
        'If this is meant to be another index, run mirror --force-check --allow-removals once',
    )
  }
  return list
}

/** A status such as 404 says that upstream has none. An answer that is cut off or empty does not. */
function asNotOffered(error: unknown): UpstreamError {
  if (error instanceof UpstreamError && error.status !== undefined && error.status < 500) return error
  throw error
}

/** The list that XML-RPC gives, with the serial that it has no older than; undefined where it is not offered. */
async function listByRpc(context: Context, changelog: Changes | undefined): Promise<ProjectList | undefined> {
  const { upstream } = context
  const serial = changelog?.serial ?? (await askAgain(context, 'run', () => upstream.lastSerial()))
  const list = serial === 'not-offered' ? serial : await askAgain(context, 'run', () => upstream.listByRpc())
  return list === 'not-offered' || serial === 'not-offered' ? undefined : { ...list, serial }
}

interface Answers {
  readonly question: Question
  readonly changelog: Changes | undefined
  readonly list: ProjectList
}

function compared(context: Context, { question, changelog, list }: Answers): UpstreamChanges {
  const logged = {
    changelog: changelog?.projects ?? new Map<string, number>(),
    removed: normalizedNames(changelog?.removed ?? new Set()),
  }
  if (!list.hasSerials) {
    context.log.info('The list of projects has no serials: every project is asked for')
    return { ...logged, list, serial: 0, wentBack: false, tellsAbsence: true }
  }
  let highest = 0
  for (const [, serial] of list.projects) if (serial > highest) highest = serial
  const listed = list.serial ?? highest
  const serial = changelog?.serial ?? listed
  const restored = wentBack(question, serial)
  if (restored) context.log.warn(restoredText(question, serial))
  else if (listed < serial) {
    context.log.info(
      `The list of projects (serial ${listed}) is an older copy: projects that it does not name are kept`,
    )
  }
  return { ...logged, list, serial, wentBack: restored, tellsAbsence: !restored && listed >= serial }
}

function restoredText({ notes, since }: Question, serial: number): string {
  const rest = 'Every project is compared by its own serial, and none is removed'
  if (notes.upstreamSerial !== undefined && serial < notes.upstreamSerial) {
    return `Upstream's serial went back from ${notes.upstreamSerial} to ${serial}: was it restored from a backup? ${rest}`
  }
  return `The mirror's state files say serial ${since}, but upstream is only at ${serial}. ${rest}`
}
