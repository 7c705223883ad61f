import { ownShape } from './shape.js'
import type { LedgerEntry } from '../state/ledger-entry.js'

/** Why a run looks at a project. docs/change-detection.md has the table. */
export type Reason = 'new' | 'changed' | 'due' | 'options' | 'filters' | 'closure' | 'owed' | 'withdrawn' | 'forced'

/**
 * `ask`: upstream is asked for it. `render`: pages are made again from what is stored, where that suffices. `remove`: its
 * pages go. `forget`: the ledger drops it. `learn`: the ledger takes the serial. `presume`: it is taken to be absent.
 */
export type Act = 'ask' | 'render' | 'remove' | 'forget' | 'learn' | 'presume' | 'nothing'

/** What is known of one project when the run is planned. */
export interface Facts {
  /** the project filters want it */
  readonly wanted: boolean
  /** whether upstream's list has it; undefined where the list is not known or too old to tell */
  readonly listed: boolean | undefined
  /** serial that the changelog or the list gives; 0: it gives none; undefined where they do not name it */
  readonly claimed: number | undefined
  /** serial in `todo`, what an unfinished run has still to do; undefined where it is not in there */
  readonly todo: number | undefined
  /** its line in the ledger */
  readonly entry: LedgerEntry | undefined
  /** id of the shape that it must have now */
  readonly shape: string
  /** whether its pages were made with other filters than today's; false where only options differ */
  readonly filtersDiffer: boolean
}

/** What holds for the whole run. */
export interface Circumstances {
  /** seconds since the epoch */
  readonly now: number
  /** serial up to which everything was done when the run began */
  readonly since: number
  /** `--force-check` */
  readonly forced: boolean
  /** the project filters were edited: what they no longer want is removed. Else `sync` may have brought it. */
  readonly projectsEdited: boolean
  /** `--retry-failed` */
  readonly retryFailed: boolean
  /** each project's serial is compared with the list's, not only looked for something newer */
  readonly thorough: boolean
  /** upstream's serials went back: a lower one is as new as a higher one */
  readonly wentBack: boolean
  /** upstream's list has serials */
  readonly hasSerials: boolean
  /** a mirror was taken over: up to this serial, a project with pages of unknown serial is up to date; -1 for none */
  readonly learnsUpTo: number
  /** bandersnatch 8.0 made the mirror: up to this serial, a project without pages was left out on purpose; -1 for none */
  readonly presumesUpTo: number
  /** projects are removed at all: `removed-projects` is not `keep` */
  readonly removes: boolean
  /** [closure]: what the requirements need is known only in part, so nothing goes because it is not needed */
  readonly undecided: boolean
}

export interface Verdict {
  readonly act: Act
  readonly reason?: Reason
}

interface Row extends Verdict {
  /** one line for people, printed in docs/change-detection.md */
  readonly text: string
  readonly holds: (facts: Facts, run: Circumstances) => boolean
}

/** Later than any `due` that this program writes: a clock was wrong. */
const FARTHEST_DUE = 400 * 24 * 3600

const hasPages = ({ entry }: Facts): boolean => entry !== undefined && entry.absent === undefined
/** The claim is newer than what was looked at last. */
const isNewer = ({ claimed, entry }: Facts, { since }: Circumstances): boolean =>
  claimed !== undefined && (claimed > since || claimed > Math.max(entry?.serial ?? 0, entry?.owed?.serial ?? 0))
const isWaiting = ({ entry }: Facts, { now, retryFailed }: Circumstances): boolean => {
  const next = entry?.owed?.next
  return next !== undefined && !retryFailed && next > now && next - now <= FARTHEST_DUE
}
const isDue = ({ entry }: Facts, { now }: Circumstances): boolean =>
  entry?.due !== undefined && (entry.due <= now || entry.due - now > FARTHEST_DUE)
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
    reason: 'filters',
    text: 'A filter left it out, and the filters or options were edited.',
    holds: ({ entry, shape }) =>
      (entry?.absent === 'filtered' || entry?.absent === 'refused' || entry?.absent === 'untaken') &&
      entry.shape !== shape,
  },
  { act: 'nothing', text: 'Upstream gave nothing of it to mirror.', holds: ({ entry }) => entry?.absent !== undefined },
  {
    act: 'ask',
    reason: 'changed',
    text: 'Upstream has no serials, so every project is looked at.',
    holds: ({ claimed }, run) => claimed !== undefined && !run.hasSerials,
  },
  {
    act: 'learn',
    text: 'The mirror that was taken over has it, and upstream did not change it since.',
    holds: ({ entry, claimed }, run) =>
      entry?.serial === 0 && !run.wentBack && claimed !== undefined && claimed > 0 && claimed <= run.learnsUpTo,
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
    reason: 'closure',
    text: 'Requirements need other files of it than its pages have.',
    holds: ({ entry, shape }) =>
      entry !== undefined && ownShape(entry.shape, 'selection') !== ownShape(shape, 'selection'),
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
    holds: (facts, run) => isDue(facts, run),
  },
]

const NOTHING: Verdict = { act: 'nothing' }

/** What a run does about a project, and why. Pure. */
export function judge(facts: Facts, run: Circumstances): Verdict {
  return JUDGEMENTS.find(({ holds }) => holds(facts, run)) ?? NOTHING
}
