import { ownShape } from './shape.js'
import type { OwnPart } from './shape.js'
import type { AbsentReason, LedgerEntry } from '../state/ledger-entry.js'
import type { Circumstances, Facts, Verdict } from './facts.js'

export type { Circumstances, Facts, Reason, Verdict } from './facts.js'

interface Row extends Verdict {
  /** one line for people, printed in docs/change-detection.md */
  readonly text: string
  readonly holds: (facts: Facts, run: Circumstances) => boolean
}

/** What other filters or options may bring. */
const RESHAPED: ReadonlySet<AbsentReason> = new Set<AbsentReason>(['filtered', 'refused', 'untaken', 'blocked'])

/** Later than any `due` that this program writes: a clock was wrong. */
const FARTHEST_DUE = 400 * 24 * 3600

const hasPages = ({ entry }: Facts): boolean => entry !== undefined && entry.absent === undefined
/** The claim is newer than what was looked at last. */
const isNewer = ({ claimed, entry }: Facts, { since }: Circumstances): boolean =>
  claimed !== undefined && (claimed > since || claimed > Math.max(entry?.serial ?? 0, entry?.owed?.serial ?? 0))
/** Whether a part of its shape differs from when its pages were made. */
const differs = ({ entry, shape }: Facts, part: OwnPart): boolean =>
  entry !== undefined && ownShape(entry.shape, part) !== ownShape(shape, part)
const isWaiting = (facts: Facts, { now, retryFailed }: Circumstances): boolean => {
  const next = facts.entry?.owed?.next
  // What is served of it may be what must not be served any more.
  if (differs(facts, 'advisories') || facts.filtersDiffer) return false
  return next !== undefined && !retryFailed && next > now && next - now <= FARTHEST_DUE
}
/** Whether the project must be looked at again. `now`: seconds since the epoch */
export function isDue(entry: LedgerEntry | undefined, now: number): boolean {
  return entry?.due !== undefined && (entry.due <= now || entry.due - now > FARTHEST_DUE)
}
/** A mirror was taken over, and upstream did not change the project since. */
const isTaken = ({ entry, claimed }: Facts, run: Circumstances): boolean =>
  entry?.serial === 0 && !run.wentBack && claimed !== undefined && claimed > 0 && claimed <= run.learnsUpTo
/** It should not be served. */
const isUnwanted = (facts: Facts, { removes, undecided }: Circumstances): boolean =>
  !facts.wanted && hasPages(facts) && removes && !undecided
/** `todo` claims work that the ledger does not know to be done. */
const isLeft = ({ todo, entry }: Facts): boolean =>
  todo !== undefined && (todo === 0 || (entry?.serial ?? 0) < todo || entry?.serial === 0)

/** The first row that holds decides. */
export const JUDGEMENTS: readonly Row[] = [
  {
    act: 'remove',
    reason: 'filters',
    text: 'The project filters no longer want it.',
    holds: (facts, run) => isUnwanted(facts, run) && run.projectsEdited,
  },
  {
    act: 'remove',
    reason: 'closure',
    text: 'Requirements needed it, and no longer do.',
    holds: (facts, run) => isUnwanted(facts, run) && ownShape(facts.entry?.shape ?? '', 'selection') !== '',
  },
  {
    act: 'forget',
    text: 'The project filters do not want it, and it has no pages.',
    holds: (facts, run) => !facts.wanted && !hasPages(facts) && facts.entry !== undefined && !run.undecided,
  },
  { act: 'nothing', text: 'The project filters do not want it.', holds: ({ wanted }) => !wanted },
  {
    act: 'remove',
    reason: 'withdrawn',
    text: 'Upstream no longer lists it.',
    holds: (facts, run) => facts.listed === false && hasPages(facts) && run.removes,
  },
  {
    act: 'forget',
    text: 'Upstream no longer lists it, and it has no pages.',
    holds: (facts) => facts.listed === false && facts.entry !== undefined && !hasPages(facts),
  },
  { act: 'nothing', text: 'Upstream does not list it.', holds: ({ listed }) => listed === false },
  {
    act: 'ask',
    reason: 'forced',
    text: 'Every project is compared: --force-check.',
    holds: ({ claimed }, run) => run.forced && claimed !== undefined,
  },
  {
    act: 'ask',
    reason: 'changed',
    text: 'It failed, and has changed upstream since.',
    holds: (facts, run) => facts.entry?.owed !== undefined && isNewer(facts, run),
  },
  {
    act: 'nothing',
    text: 'It failed in several runs, and is not asked for again yet.',
    holds: (facts, run) => isWaiting(facts, run),
  },
  { act: 'ask', reason: 'owed', text: 'It failed in an earlier run.', holds: ({ entry }) => entry?.owed !== undefined },
  {
    act: 'presume',
    text: 'Upstream listed it when the mirror was taken over, but bandersnatch 8.0 had left it out.',
    holds: ({ entry, claimed, todo }, run) =>
      entry === undefined &&
      todo === undefined &&
      !run.wentBack &&
      claimed !== undefined &&
      claimed <= run.presumesUpTo,
  },
  {
    act: 'ask',
    reason: 'new',
    text: 'The mirror does not have it.',
    holds: ({ entry, claimed, todo }) => entry === undefined && (claimed !== undefined || todo !== undefined),
  },
  {
    act: 'ask',
    reason: 'owed',
    text: 'A run was interrupted before it came to this project.',
    holds: (facts) => isLeft(facts),
  },
  {
    act: 'ask',
    reason: 'changed',
    text: 'Upstream gave nothing of it to mirror, and has changed it since.',
    holds: ({ entry, claimed }) => entry?.absent !== undefined && claimed !== undefined && claimed !== entry.serial,
  },
  {
    act: 'ask',
    reason: 'advisories',
    text: 'Advisories blocked all of it, and say something else now.',
    holds: (facts) => facts.entry?.absent === 'blocked' && differs(facts, 'advisories'),
  },
  {
    act: 'ask',
    reason: 'filters',
    text: 'A filter left it out, and the filters or options were edited.',
    holds: ({ entry, shape }) => entry?.absent !== undefined && RESHAPED.has(entry.absent) && entry.shape !== shape,
  },
  {
    act: 'ask',
    reason: 'due',
    text: 'A filter left it out until now.',
    holds: ({ entry }, { now, clockWentBack }) =>
      entry?.absent === 'filtered' && (isDue(entry, now) || (clockWentBack && entry.due !== undefined)),
  },
  { act: 'nothing', text: 'Upstream gave nothing of it to mirror.', holds: ({ entry }) => entry?.absent !== undefined },
  {
    act: 'ask',
    reason: 'changed',
    text: 'Upstream has no serials, so every project is looked at.',
    holds: ({ claimed }, run) => claimed !== undefined && !run.hasSerials,
  },
  {
    act: 'render',
    reason: 'filters',
    text: 'The mirror that was taken over has it, but not as the configuration says.',
    holds: (facts, run) => isTaken(facts, run) && facts.entry?.shape !== facts.shape,
  },
  {
    act: 'learn',
    text: 'The mirror that was taken over has it, and upstream did not change it since.',
    holds: (facts, run) => isTaken(facts, run),
  },
  { act: 'ask', reason: 'changed', text: 'Upstream changed it.', holds: (facts, run) => isNewer(facts, run) },
  {
    act: 'ask',
    reason: 'changed',
    text: 'Its serial is not that of the list.',
    holds: ({ entry, claimed }, run) =>
      (run.thorough || run.wentBack) && entry !== undefined && claimed !== undefined && claimed !== entry.serial,
  },
  {
    act: 'render',
    reason: 'filters',
    text: 'The filters were edited since its pages were made.',
    holds: ({ entry, shape, filtersDiffer }) => entry !== undefined && entry.shape !== shape && filtersDiffer,
  },
  {
    act: 'render',
    reason: 'advisories',
    text: 'Advisories about it were added, changed or withdrawn since its pages were made.',
    holds: (facts) => differs(facts, 'advisories'),
  },
  {
    act: 'render',
    reason: 'closure',
    text: 'Requirements need other files of it than its pages have.',
    holds: (facts) => differs(facts, 'selection'),
  },
  {
    act: 'render',
    reason: 'options',
    text: 'Options that shape pages or files were edited since its pages were made.',
    holds: ({ entry, shape }) => entry !== undefined && entry.shape !== shape,
  },
  {
    act: 'render',
    reason: 'due',
    text: 'Something held back is due.',
    holds: ({ entry }, { now }) => isDue(entry, now),
  },
  {
    act: 'render',
    reason: 'due',
    text: 'A run before this one had a later time, and may have taken something young for old.',
    holds: ({ entry }, { clockWentBack }) => entry !== undefined && clockWentBack,
  },
]

const NOTHING: Verdict = { act: 'nothing' }

/** What a run does about a project, and why. Pure. */
export function judge(facts: Facts, run: Circumstances): Verdict {
  return JUDGEMENTS.find(({ holds }) => holds(facts, run)) ?? NOTHING
}
