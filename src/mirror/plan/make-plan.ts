import { keepsProject } from '../../filters/apply.js'
import { isSafeProjectName } from '../../model/layout.js'
import { normalizeName } from '../../packaging/name.js'
import type { Removal } from '../run/report.js'
import type { LedgerEntry } from '../state/ledger-entry.js'
import type { State } from '../state/status-files.js'
import { judge } from './judge.js'
import type { Facts } from './judge.js'
import { markListed } from './mark-listed.js'
import { REMOVALS, withoutOwed } from './plan-entries.js'
import { madeWith } from './shape.js'
import type { PlanInput, SyncPlan, WorkItem } from './types.js'

/** Where the run goes on from: the last complete serial, or the one that an unfinished run was heading for. */
export function sinceSerial(state: State, forced: boolean): number {
  return forced ? 0 : (state.todo?.target ?? state.status ?? 0)
}

/** What the sources of a plan say of one project. */
interface Claim {
  readonly rawName: string
  readonly claimed: number | undefined
  readonly todo: number | undefined
  readonly listed: boolean | undefined
  /** the list has it in several spellings: which of the serials is its own nobody can tell */
  readonly doubled: boolean
  /** `rawName` is the normalized name, as nobody knows how upstream spells it */
  readonly isUnspelled?: true
}

/** Decides what a `mirror` run does. Pure: the same input gives the same plan. */
export function makePlan(input: PlanInput): SyncPlan {
  const { state, changes, ledger, circumstances } = input
  const since = sinceSerial(state, circumstances.forced)
  const target = changes.wentBack ? changes.serial : Math.max(since, changes.serial)
  const draft = createDraft(input, target)
  const todo = normalized(circumstances.forced ? undefined : state.todo?.projects)
  const changelog = normalized(changes.changelog)
  const marks = markListed(input, { asked: [changelog, todo], isSettled: (...of) => draft.isSettled(...of) })
  const claim = (name: string, rawName: string, listed: { serial: number } | undefined): void => {
    const logged = changelog.get(name)
    const left = todo.get(name)
    const claimed = Math.max(listed?.serial ?? -1, logged?.serial ?? -1)
    const position = ledger.position(name)
    draft.add(name, {
      rawName: listed === undefined ? (logged?.rawName ?? left?.rawName ?? rawName) : rawName,
      claimed: claimed < 0 ? undefined : claimed,
      todo: left?.serial,
      listed: listed !== undefined ? true : changes.tellsAbsence && !marks.unreadable.has(name) ? false : undefined,
      doubled: position !== undefined && (marks.counts[position] ?? 0) > 1,
    })
  }
  if (marks.open > 0) {
    let index = 0
    for (const [rawName, serial] of changes.list?.projects ?? []) {
      if (marks.isOpen[index] === 1) claim(normalizeName(rawName), rawName, { serial })
      index += 1
    }
  }
  for (const [name, { rawName }] of [...changelog, ...todo]) if (!marks.has(name)) claim(name, rawName, undefined)
  let missing = 0
  for (let position = 0; position < ledger.positions; position += 1) {
    if ((marks.counts[position] ?? 0) > 0) continue
    const name = ledger.nameAt(position)
    if (name === undefined || changelog.has(name) || todo.has(name)) continue
    if (changes.list === undefined || marks.unreadable.has(name)) {
      if (circumstances.clockWentBack || ledger.plainSerialAt(position, input.shapeOf(name)) === undefined)
        claim(name, name, undefined)
    } else {
      if (!changes.tellsAbsence && ledger.pageSerial(name) !== undefined) missing += 1
      claim(name, name, undefined)
    }
  }
  const unnamed = { todo: undefined, listed: undefined, doubled: false, isUnspelled: true as const }
  for (const [name, serial] of input.needed) {
    const isKnown = draft.work.has(name) || marks.has(name) || ledger.position(name) !== undefined
    if (!isKnown && !changelog.has(name) && !todo.has(name))
      draft.add(name, { rawName: name, claimed: serial, ...unnamed })
  }
  const { work, removals, notes, waiting } = draft
  const anything = changelog.size > 0 || removals.length > 0 || [...work.values()].some(isServed)
  return {
    // A resumed run whose list of changes is not empty continues the run before it.
    base: circumstances.forced ? 0 : anyNewer(input, marks.newest, since) ? since : (state.status ?? 0),
    target,
    work,
    removals,
    missing: circumstances.removes ? missing : 0,
    notes,
    waiting,
    writeRoot: since === 0 || (!circumstances.forced && state.todo !== undefined) || anything || input.rootEdited,
  }
}

/** A project that upstream lists, but never had, is asked for without a change to what is served. */
function isServed({ entry }: WorkItem): boolean {
  return entry?.absent !== 'gone'
}

/** Whether upstream named anything newer than `since`. */
function anyNewer({ changes, circumstances }: PlanInput, newest: number, since: number): boolean {
  if (changes.changelog.size > 0) return true
  if (changes.list === undefined) return false
  return circumstances.hasSerials ? newest > since : changes.list.projects.size > 0
}

/** Names are looked up normalized; of several spellings the newest counts. */
function normalized(names: ReadonlyMap<string, number> | undefined): Map<string, { rawName: string; serial: number }> {
  const found = new Map<string, { rawName: string; serial: number }>()
  for (const [rawName, serial] of names ?? []) {
    const name = normalizeName(rawName)
    const before = found.get(name)
    if (before === undefined || before.serial < serial) found.set(name, { rawName, serial })
  }
  return found
}

interface Draft {
  readonly work: Map<string, WorkItem>
  readonly removals: Removal[]
  readonly notes: Map<string, LedgerEntry | undefined>
  readonly waiting: Map<string, LedgerEntry>
  /** Nothing can be to do for a project that the ledger has in this serial and today's shape. */
  isSettled(name: string, serial: number, position: number): boolean
  add(name: string, claim: Claim): void
}

function createDraft(input: PlanInput, target: number): Draft {
  const { ledger, filters, shapeOf, circumstances, changes, state } = input
  const work = new Map<string, WorkItem>()
  const removals: Removal[] = []
  const notes = new Map<string, LedgerEntry | undefined>()
  const waiting = new Map<string, LedgerEntry>()
  /** of projects in `work`: the highest serial that upstream gave for one of their spellings */
  const newest = new Map<string, number>()
  const named = new Set([...(state.todo?.projects.keys() ?? []), ...changes.changelog.keys()].map(normalizeName))

  function isSettled(name: string, serial: number, position: number): boolean {
    const { forced, hasSerials, projectsEdited, clockWentBack } = circumstances
    if (forced || !hasSerials || projectsEdited || clockWentBack) return false
    return (
      serial > 0 &&
      serial <= circumstances.since &&
      !named.has(name) &&
      ledger.plainSerialAt(position, shapeOf(name)) === serial
    )
  }

  function add(name: string, { rawName, todo, listed, doubled, isUnspelled, ...given }: Claim): void {
    if (!isSafeProjectName(name)) return
    const entry = ledger.get(name)
    // The second spelling of a project that is in the plan already: the newest counts.
    const before = newest.get(name)
    if (before !== undefined && before >= (given.claimed ?? 0)) return
    const claimed =
      doubled && given.claimed !== undefined && entry !== undefined
        ? // Only what is newer than all that was done says that one of them changed.
          given.claimed > circumstances.since
          ? given.claimed
          : entry.serial
        : given.claimed
    const facts: Facts = {
      wanted: keepsProject(filters, rawName).keep,
      listed,
      claimed,
      todo,
      entry,
      shape: shapeOf(name),
      filtersDiffer: entry !== undefined && input.filtersDiffer(entry.shape),
    }
    const { act, reason } = judge(facts, circumstances)
    switch (act) {
      case 'ask':
      case 'render': {
        const serial = Math.max(
          claimed ?? 0,
          todo ?? 0,
          entry?.owed?.serial ?? 0,
          act === 'render' ? (entry?.serial ?? 0) : 0,
        )
        const spelling = listed === true || claimed !== undefined ? rawName : (entry?.rawName ?? rawName)
        newest.set(name, given.claimed ?? 0)
        work.set(name, {
          name,
          rawName: spelling,
          // A serial above the target can only be a mistake, or newer than all else: it is not insisted on.
          serial: doubled || before !== undefined || serial > target ? 0 : serial,
          reason: reason ?? 'changed',
          render: act === 'render',
          listed,
          removed: changes.removed.has(name) || todo === 0,
          entry,
          madeWith: entry === undefined ? undefined : madeWith(input.shapes, entry.shape),
          ...(isUnspelled === undefined ? {} : { isUnspelled }),
        })
        break
      }
      case 'remove':
        removals.push({
          project: name,
          ...REMOVALS[reason === 'filters' || reason === 'closure' ? reason : 'withdrawn'],
        })
        break
      case 'forget':
        notes.set(name, undefined)
        break
      case 'learn':
        if (entry !== undefined) notes.set(name, { ...entry, serial: claimed ?? 0 })
        break
      case 'presume':
        notes.set(name, { serial: claimed ?? 0, shape: shapeOf(name), absent: 'untaken' })
        break
      case 'nothing':
        if (entry?.owed === undefined) break
        // Upstream no longer lists it, and `removed-projects = keep` keeps it: nothing is owed.
        if (listed === false || !facts.wanted) notes.set(name, withoutOwed(entry))
        else if (entry.absent !== 'gone') waiting.set(name, entry)
        break
    }
  }

  return { work, removals, notes, waiting, isSettled, add }
}
