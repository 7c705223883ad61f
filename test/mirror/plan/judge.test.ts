import { describe, expect, it } from 'vitest'
import { JUDGEMENTS, judge } from '../../../src/mirror/plan/judge.js'
import type { Circumstances, Facts, Verdict } from '../../../src/mirror/plan/judge.js'
import type { LedgerEntry, Owed } from '../../../src/mirror/state/ledger-entry.js'

const NOW = 1_800_000_000
const DAY = 24 * 3600

/** A project that the mirror has as upstream has it: nothing is to do. */
const QUIET: Facts = {
  wanted: true,
  listed: true,
  claimed: 50,
  todo: undefined,
  entry: { serial: 50, shape: 'a1' },
  shape: 'a1',
  filtersDiffer: false,
}

const RUN: Circumstances = {
  now: NOW,
  since: 100,
  forced: false,
  projectsEdited: false,
  retryFailed: false,
  thorough: false,
  wentBack: false,
  clockWentBack: false,
  hasSerials: true,
  learnsUpTo: -1,
  presumesUpTo: -1,
  removes: true,
  undecided: false,
}

/** of a configuration, and with the files that requirements need */
const SHAPE = 'a1b2c3d4e5f6'
const SELECTED = `${SHAPE}.saaaaaaaaaa`
const OWED: Owed = { since: NOW - DAY, runs: 3, next: NOW + 60, serial: 50, reason: 'broken' }
const entry = (more: Partial<LedgerEntry> = {}): LedgerEntry => ({ serial: 50, shape: 'a1', ...more })
const decide = (facts: Partial<Facts>, run: Partial<Circumstances> = {}): Verdict => {
  const { act, reason } = judge({ ...QUIET, ...facts }, { ...RUN, ...run })
  return reason === undefined ? { act } : { act, reason }
}

type Case = readonly [text: string, facts: Partial<Facts>, run: Partial<Circumstances>]

/** One case for each row, in the order of the rows: the facts under which that row decides. */
const ROWS: readonly Case[] = [
  ['The project filters no longer want it.', { wanted: false }, { projectsEdited: true }],
  ['Requirements needed it, and no longer do.', { wanted: false, entry: entry({ shape: SELECTED }) }, {}],
  [
    'The project filters do not want it, and it has no pages.',
    { wanted: false, entry: entry({ absent: 'empty' }) },
    {},
  ],
  ['The project filters do not want it.', { wanted: false }, {}],
  ['Upstream no longer lists it.', { listed: false, claimed: undefined }, {}],
  [
    'Upstream no longer lists it, and it has no pages.',
    { listed: false, claimed: undefined, entry: entry({ absent: 'gone' }) },
    {},
  ],
  ['Upstream does not list it.', { listed: false }, { removes: false }],
  ['Every project is compared: --force-check.', {}, { forced: true }],
  ['It failed, and has changed upstream since.', { claimed: 101, entry: entry({ owed: OWED }) }, {}],
  ['It failed in several runs, and is not asked for again yet.', { entry: entry({ owed: OWED }) }, {}],
  ['It failed in an earlier run.', { entry: entry({ owed: { ...OWED, next: NOW } }) }, {}],
  [
    'Upstream listed it when the mirror was taken over, but bandersnatch 8.0 had left it out.',
    { entry: undefined },
    { presumesUpTo: 50 },
  ],
  ['The mirror does not have it.', { entry: undefined }, {}],
  ['A run was interrupted before it came to this project.', { todo: 51 }, {}],
  [
    'Upstream gave nothing of it to mirror, and has changed it since.',
    { claimed: 51, entry: entry({ absent: 'empty' }) },
    {},
  ],
  [
    'Advisories blocked all of it, and say something else now.',
    { entry: entry({ absent: 'blocked', shape: 'a1.abbbbbbbbbb' }) },
    {},
  ],
  [
    'A filter left it out, and the filters or options were edited.',
    { entry: entry({ absent: 'filtered', shape: 'b2' }) },
    {},
  ],
  ['A filter left it out until now.', { entry: entry({ absent: 'filtered', due: NOW }) }, {}],
  ['Upstream gave nothing of it to mirror.', { entry: entry({ absent: 'empty' }) }, {}],
  [
    'Upstream has no serials, so every project is looked at.',
    { claimed: 0, entry: entry({ serial: 0 }) },
    { hasSerials: false },
  ],
  [
    'The mirror that was taken over has it, but not as the configuration says.',
    { entry: entry({ serial: 0, shape: '' }) },
    { learnsUpTo: 50 },
  ],
  [
    'The mirror that was taken over has it, and upstream did not change it since.',
    { entry: entry({ serial: 0 }) },
    { learnsUpTo: 50 },
  ],
  ['Upstream changed it.', { claimed: 51 }, {}],
  ['Its serial is not that of the list.', { claimed: 49 }, { thorough: true }],
  ['The filters were edited since its pages were made.', { shape: 'b2', filtersDiffer: true }, {}],
  [
    'Advisories about it were added, changed or withdrawn since its pages were made.',
    { shape: `${SHAPE}.abbbbbbbbbb` },
    {},
  ],
  [
    'Requirements need other files of it than its pages have.',
    { shape: `${SHAPE}.sbbbbbbbbbb`, entry: entry({ shape: SELECTED }) },
    {},
  ],
  ['Options that shape pages or files were edited since its pages were made.', { shape: 'b2' }, {}],
  ['Something held back is due.', { entry: entry({ due: NOW }) }, {}],
  ['A run before this one had a later time, and may have taken something young for old.', {}, { clockWentBack: true }],
]

describe('the rows of the table', () => {
  it('have one case each, in their order', () => {
    expect(ROWS.map(([text]) => text)).toEqual(JUDGEMENTS.map(({ text }) => text))
  })

  it.each(ROWS)('%s', (text, facts, run) => {
    const given = { ...QUIET, ...facts }
    const circumstances = { ...RUN, ...run }
    const decides = JUDGEMENTS.find(({ holds }) => holds(given, circumstances))
    expect(decides?.text).toBe(text)
    expect(judge(given, circumstances)).toBe(decides)
  })

  it('leave a project alone that the mirror has as upstream has it', () => {
    expect(decide({})).toEqual({ act: 'nothing' })
    expect(JUDGEMENTS.filter(({ holds }) => holds(QUIET, RUN))).toEqual([])
  })
})

describe('a project that is not wanted', () => {
  it('is removed only after an edit of the project filters, and not with removed-projects = keep', () => {
    expect(decide({ wanted: false }, { projectsEdited: true })).toEqual({ act: 'remove', reason: 'filters' })
    expect(decide({ wanted: false })).toEqual({ act: 'nothing' })
    expect(decide({ wanted: false }, { projectsEdited: true, removes: false })).toEqual({ act: 'nothing' })
  })

  it('is not asked for, whatever else holds', () => {
    const facts = { wanted: false, claimed: 200, todo: 200, entry: undefined }
    expect(decide(facts, { forced: true, retryFailed: true })).toEqual({ act: 'nothing' })
  })
})

describe('a project that upstream does not list', () => {
  it('is removed, and is not asked for even by a forced run', () => {
    expect(decide({ listed: false })).toEqual({ act: 'remove', reason: 'withdrawn' })
    expect(decide({ listed: false, claimed: 200, todo: 9 }, { forced: true })).toEqual({
      act: 'remove',
      reason: 'withdrawn',
    })
    expect(decide({ listed: false, entry: undefined, todo: 9 })).toEqual({ act: 'nothing' })
  })

  it('stays where the list does not tell', () => {
    expect(decide({ listed: undefined, claimed: undefined })).toEqual({ act: 'nothing' })
  })
})

describe('a project that failed', () => {
  const failed = (owed: Partial<Owed> = {}): Partial<Facts> => ({ entry: entry({ owed: { ...OWED, ...owed } }) })

  it('waits until its time has come', () => {
    expect(decide(failed({ next: NOW + 1 }))).toEqual({ act: 'nothing' })
    expect(decide(failed({ next: NOW }))).toEqual({ act: 'ask', reason: 'owed' })
  })

  it('does not wait for a time that only a wrong clock can have set', () => {
    expect(decide(failed({ next: NOW + 400 * DAY }))).toEqual({ act: 'nothing' })
    expect(decide(failed({ next: NOW + 400 * DAY + 1 }))).toEqual({ act: 'ask', reason: 'owed' })
  })

  it('is asked for at once when what is served of it may be what must not be served', () => {
    expect(decide({ ...failed(), shape: 'a1.abbbbbbbbbb' })).toEqual({ act: 'ask', reason: 'owed' })
    expect(decide({ ...failed(), filtersDiffer: true })).toEqual({ act: 'ask', reason: 'owed' })
  })

  it('is asked for at once with --retry-failed and by a forced run', () => {
    expect(decide(failed(), { retryFailed: true })).toEqual({ act: 'ask', reason: 'owed' })
    expect(decide(failed(), { forced: true })).toEqual({ act: 'ask', reason: 'forced' })
  })

  it('is asked for at once when it is newer than what failed', () => {
    expect(decide({ ...failed({ serial: 60 }), claimed: 60 })).toEqual({ act: 'nothing' })
    expect(decide({ ...failed({ serial: 60 }), claimed: 61 })).toEqual({ act: 'ask', reason: 'changed' })
    // The run goes on from `since`: what upstream names after it is new, whatever the ledger says.
    expect(decide({ ...failed({ serial: 200 }), claimed: 101 })).toEqual({ act: 'ask', reason: 'changed' })
    expect(decide({ ...failed({ serial: 200 }), claimed: 100 })).toEqual({ act: 'nothing' })
  })
})

describe('a mirror that was taken over', () => {
  it('is not asked to have what 8.0 left out, up to the serial it has', () => {
    expect(decide({ entry: undefined, claimed: 100 }, { presumesUpTo: 100 })).toEqual({ act: 'presume' })
    expect(decide({ entry: undefined, claimed: 101 }, { presumesUpTo: 100 })).toEqual({ act: 'ask', reason: 'new' })
    expect(decide({ entry: undefined, todo: 50 }, { presumesUpTo: 100 })).toEqual({ act: 'ask', reason: 'new' })
    expect(decide({ entry: undefined }, { presumesUpTo: 100, wentBack: true })).toEqual({ act: 'ask', reason: 'new' })
    expect(decide({ entry: undefined, claimed: undefined }, { presumesUpTo: 100 })).toEqual({ act: 'nothing' })
  })

  it('learns serials up to the one it has', () => {
    const unknown = { entry: entry({ serial: 0 }) }
    expect(decide({ ...unknown, claimed: 100 }, { learnsUpTo: 100 })).toEqual({ act: 'learn' })
    expect(decide({ ...unknown, claimed: 101 }, { learnsUpTo: 100 })).toEqual({ act: 'ask', reason: 'changed' })
    expect(decide({ ...unknown, claimed: 50 }, { learnsUpTo: 100, wentBack: true })).toEqual({
      act: 'ask',
      reason: 'changed',
    })
    expect(decide({ ...unknown, claimed: 0 }, { learnsUpTo: 100 })).toEqual({ act: 'nothing' })
    expect(decide({ claimed: 50 }, { learnsUpTo: 100 })).toEqual({ act: 'nothing' })
  })
})

describe('what an interrupted run left in todo', () => {
  it('is done unless the ledger has that serial', () => {
    expect(decide({ claimed: undefined, todo: 51 })).toEqual({ act: 'ask', reason: 'owed' })
    expect(decide({ claimed: undefined, todo: 50 })).toEqual({ act: 'nothing' })
    expect(decide({ claimed: undefined, todo: 0 })).toEqual({ act: 'ask', reason: 'owed' })
    expect(decide({ claimed: undefined, todo: 50, entry: undefined })).toEqual({ act: 'ask', reason: 'new' })
    expect(decide({ claimed: undefined, todo: 0, entry: entry({ serial: 0 }) })).toEqual({ act: 'ask', reason: 'owed' })
  })
})

describe('a project without pages', () => {
  it.each(['gone', 'empty', 'deleted', 'failed'] as const)('%s: an edit does not bring it back', (absent) => {
    expect(decide({ entry: entry({ absent, shape: 'b2' }) })).toEqual({ act: 'nothing' })
  })

  it.each(['filtered', 'refused', 'untaken'] as const)('%s: an edit asks for it again', (absent) => {
    expect(decide({ entry: entry({ absent, shape: 'b2' }) })).toEqual({ act: 'ask', reason: 'filters' })
    expect(decide({ entry: entry({ absent }) })).toEqual({ act: 'nothing' })
  })

  it('is asked for when its serial is another one, in either direction', () => {
    expect(decide({ entry: entry({ absent: 'empty' }), claimed: 49 })).toEqual({ act: 'ask', reason: 'changed' })
    expect(decide({ entry: entry({ absent: 'empty' }), claimed: undefined })).toEqual({ act: 'nothing' })
  })
})

describe('a lower serial', () => {
  it('counts only when every serial is compared, or upstream went back', () => {
    expect(decide({ claimed: 49 })).toEqual({ act: 'nothing' })
    expect(decide({ claimed: 49 }, { wentBack: true })).toEqual({ act: 'ask', reason: 'changed' })
    expect(decide({ claimed: 50 }, { wentBack: true })).toEqual({ act: 'nothing' })
    expect(decide({ claimed: undefined }, { thorough: true })).toEqual({ act: 'nothing' })
  })
})

describe('pages of another shape', () => {
  it('are made again; filters come before options, and a change of upstream before both', () => {
    expect(decide({ shape: 'b2', filtersDiffer: true })).toEqual({ act: 'render', reason: 'filters' })
    expect(decide({ shape: 'b2' })).toEqual({ act: 'render', reason: 'options' })
    expect(decide({ shape: 'b2', filtersDiffer: true, claimed: 51 })).toEqual({ act: 'ask', reason: 'changed' })
    expect(decide({ filtersDiffer: true })).toEqual({ act: 'nothing' })
  })
})

describe('what is due', () => {
  it('is made again at its time, and when a wrong clock set the time', () => {
    const due = (seconds: number): Partial<Facts> => ({ entry: entry({ due: seconds }) })
    expect(decide(due(NOW))).toEqual({ act: 'render', reason: 'due' })
    expect(decide(due(NOW + 1))).toEqual({ act: 'nothing' })
    expect(decide(due(NOW + 400 * DAY))).toEqual({ act: 'nothing' })
    expect(decide(due(NOW + 400 * DAY + 1))).toEqual({ act: 'render', reason: 'due' })
  })
})

it('--force-check asks for what upstream names, and not for what it does not', () => {
  expect(decide({}, { forced: true })).toEqual({ act: 'ask', reason: 'forced' })
  expect(decide({ claimed: undefined }, { forced: true })).toEqual({ act: 'nothing' })
})

describe('what requirements no longer need', () => {
  const unneeded = { wanted: false, entry: entry({ shape: SELECTED }) }

  it('stays where it is not known what is needed, and where sync brought it', () => {
    expect(decide(unneeded, { undecided: true })).toEqual({ act: 'nothing' })
    expect(decide(unneeded, { undecided: true, projectsEdited: true })).toEqual({ act: 'nothing' })
    expect(decide({ ...unneeded, entry: entry({ shape: SHAPE }) })).toEqual({ act: 'nothing' })
    expect(decide(unneeded, { removes: false })).toEqual({ act: 'nothing' })
  })
})
