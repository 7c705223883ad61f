import { describe, expect, it } from 'vitest'
import type { Filters, ProjectFilter } from '../../../src/filters/types.js'
import type { Circumstances } from '../../../src/mirror/plan/judge.js'
import { makePlan, sinceSerial } from '../../../src/mirror/plan/make-plan.js'
import type { PlanInput, SyncPlan, UpstreamChanges } from '../../../src/mirror/plan/types.js'
import { loadLedger } from '../../../src/mirror/state/ledger.js'
import type { LedgerEntry, Owed } from '../../../src/mirror/state/ledger-entry.js'
import { memoryStorage } from '../../helpers/memory-storage.js'

const NO_FILTERS: Filters = {
  project: [],
  metadata: [],
  release: [],
  releaseFile: [],
  fingerprint: '',
  needsMetadata: false,
  entries: [],
  places: {},
  pins: new Map(),
  advisories: undefined,
  timed: false,
  warnings: [],
}

const without = (prefix: string): Filters => {
  const filter: ProjectFilter = {
    kind: 'project',
    name: 'test',
    summary: '',
    settings: 1,
    keepProject: (name) => !name.startsWith(prefix),
  }
  return { ...NO_FILTERS, project: [filter] }
}

const TODAY = 'a1'
const NOW = 1_800_000_000

interface Scene extends Partial<Omit<PlanInput, 'changes' | 'ledger' | 'circumstances'>> {
  /** the whole list: name -> serial */
  readonly list?: readonly (readonly [string, number])[]
  readonly unreadable?: readonly string[]
  readonly changelog?: readonly (readonly [string, number])[]
  readonly changes?: Partial<UpstreamChanges>
  /** name -> serial of its pages, or its whole line */
  readonly ledger?: Readonly<Record<string, number | LedgerEntry>>
  readonly circumstances?: Partial<Circumstances>
}

/** A plan after serial 100 of an upstream that is at 110. */
async function plan({ list, unreadable, changelog = [], changes, ledger = {}, ...scene }: Scene): Promise<SyncPlan> {
  const entries = await loadLedger(memoryStorage())
  for (const [name, entry] of Object.entries(ledger))
    entries.set(name, typeof entry === 'number' ? { serial: entry, shape: TODAY } : entry)
  const state = scene.state ?? { status: 100, todo: undefined }
  return makePlan({
    filters: NO_FILTERS,
    shapeOf: () => TODAY,
    shapes: {},
    filtersDiffer: () => false,
    rootEdited: false,
    needed: new Map(),
    ...scene,
    state,
    ledger: entries,
    changes: {
      list:
        list === undefined
          ? undefined
          : {
              serial: 110,
              projects: Object.assign([...list], { size: list.length }),
              hasSerials: scene.circumstances?.hasSerials ?? true,
              etag: undefined,
              unreadable: new Set(unreadable ?? []),
            },
      changelog: new Map(changelog),
      removed: new Set(),
      serial: 110,
      wentBack: scene.circumstances?.wentBack ?? false,
      tellsAbsence: list !== undefined,
      ...changes,
    },
    circumstances: {
      now: NOW,
      since: sinceSerial(state, scene.circumstances?.forced ?? false),
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
      ...scene.circumstances,
    },
  })
}

const work = async (scene: Scene): Promise<[string, number, string][]> =>
  [...(await plan(scene)).work.values()].map(({ rawName, serial, reason }) => [rawName, serial, reason])
const removals = async (scene: Scene): Promise<string[]> => (await plan(scene)).removals.map(({ project }) => project)

const OWED: Owed = { since: NOW - 90_000, runs: 4, next: NOW + 60, serial: 99, reason: 'broken' }

describe('sinceSerial', () => {
  it('is the target of an unfinished run, else the last complete serial, else 0', () => {
    const todo = { target: 9, projects: new Map<string, number>() }
    expect(sinceSerial({ status: 5, todo }, false)).toBe(9)
    expect(sinceSerial({ status: 5, todo: undefined }, false)).toBe(5)
    expect(sinceSerial({ status: undefined, todo: undefined }, false)).toBe(0)
    expect(sinceSerial({ status: 5, todo }, true)).toBe(0)
  })
})

describe('what is owed and what changed', () => {
  const todo = {
    target: 100,
    projects: new Map([
      ['Foo.Bar', 90],
      ['late', 95],
    ]),
  }

  it('is one list, in which other spellings are the same project', async () => {
    const scene: Scene = {
      state: { status: 80, todo },
      changelog: [
        ['foo-bar', 105],
        ['new', 110],
      ],
    }
    expect(await work(scene)).toEqual([
      ['foo-bar', 105, 'new'],
      ['new', 110, 'new'],
      ['late', 95, 'new'],
    ])
    expect(await plan(scene)).toMatchObject({ base: 100, target: 110, writeRoot: true })
  })

  it('is without what the ledger says is done', async () => {
    const ledger = { late: 95, 'foo-bar': 80 }
    expect(await work({ state: { status: 80, todo }, ledger })).toEqual([['Foo.Bar', 90, 'owed']])
  })

  it('continues the run before it where upstream has nothing newer', async () => {
    expect(await plan({ state: { status: 80, todo } })).toMatchObject({ base: 80, target: 110, writeRoot: true })
  })

  it('is forgotten by a forced run', async () => {
    const scene: Scene = { state: { status: 80, todo }, list: [['x', 5]], circumstances: { forced: true } }
    expect(await work(scene)).toEqual([['x', 5, 'forced']])
    expect(await plan(scene)).toMatchObject({ base: 0, target: 110 })
  })

  it('is asked for as it is where its serial is higher than its index has', async () => {
    const changelog = [
      ['mistaken', 900_000_000_000_000],
      ['right', 110],
    ] as const
    expect(await work({ changelog })).toEqual([
      ['mistaken', 0, 'new'],
      ['right', 110, 'new'],
    ])
  })

  it('takes the newest of several spellings in the changelog', async () => {
    const changelog = [
      ['A.b', 105],
      ['a-b', 103],
    ] as const
    expect(await work({ changelog })).toEqual([['A.b', 105, 'new']])
  })

  it('knows what upstream called removed, and what a killed run was to remove', async () => {
    const { work: items } = await plan({
      changelog: [['gone', 105]],
      changes: { removed: new Set(['gone']) },
      state: { status: 80, todo: { target: 100, projects: new Map([['killed', 0]]) } },
      ledger: { gone: 5, killed: 6, stays: 7 },
    })
    expect([...items.values()].map(({ name, removed, listed }) => [name, removed, listed])).toEqual([
      ['gone', true, undefined],
      ['killed', true, undefined],
    ])
  })

  it('is nothing in a quiet run, which writes no root', async () => {
    const quiet = await plan({ ledger: { a: 5 }, changes: { serial: 100 } })
    expect(quiet).toMatchObject({ base: 100, target: 100, writeRoot: false, removals: [], missing: 0 })
    expect(quiet.work.size + quiet.notes.size + quiet.waiting.size).toBe(0)
    expect(await plan({ rootEdited: true })).toMatchObject({ writeRoot: true })
    expect(await plan({ state: { status: undefined, todo: undefined } })).toMatchObject({ writeRoot: true })
  })
})

describe('compared with the list', () => {
  it('what the list does not name goes, also where an unfinished run was to ask for it', async () => {
    const scene: Scene = {
      list: [['stays', 5]],
      ledger: { stays: 5, gone: 6, owed: 7 },
      state: { status: 100, todo: { target: 100, projects: new Map([['owed', 8]]) } },
    }
    expect((await removals(scene)).sort()).toEqual(['gone', 'owed'])
    expect(await work(scene)).toEqual([])
    expect(await plan(scene)).toMatchObject({ removals: [{ by: 'upstream' }, { by: 'upstream' }] })
    expect(await removals({ ...scene, circumstances: { removes: false } })).toEqual([])
  })

  it('what the changelog has and the list no more is not asked for', async () => {
    const scene: Scene = {
      list: [['stays', 5]],
      ledger: { stays: 5, 'gone-now': 6 },
      changelog: [
        ['Gone_Now', 108],
        ['never-here', 109],
      ],
    }
    expect(await work(scene)).toEqual([])
    expect(await removals(scene)).toEqual(['gone-now'])
  })

  it('an older copy of the list removes nothing, and tells how much it would', async () => {
    const scene: Scene = {
      list: [['old', 5]],
      ledger: { old: 5, new: 105, newer: 105, empty: { serial: 5, shape: TODAY, absent: 'empty' } },
      changelog: [['newer', 106]],
      changes: { tellsAbsence: false },
    }
    expect(await plan(scene)).toMatchObject({ removals: [], missing: 1 })
    expect(await work(scene)).toEqual([['newer', 106, 'changed']])
    expect(await plan({ ...scene, circumstances: { removes: false } })).toMatchObject({ missing: 0 })
  })

  it('a name with an unreadable serial is listed all the same', async () => {
    expect(await removals({ list: [['a', 5]], unreadable: ['B_b'], ledger: { a: 5, 'b-b': 6 } })).toEqual([])
    expect(
      await plan({ list: [['a', 5]], unreadable: ['b'], ledger: { b: 6 }, changes: { tellsAbsence: false } }),
    ).toMatchObject({ missing: 0 })
  })

  it('only a thorough comparison looks at lower serials; what is not there is always asked for', async () => {
    const scene: Scene = {
      list: [
        ['same', 5],
        ['lower', 80],
        ['missed', 99],
        ['lost', 40],
        ['empty', 30],
      ],
      ledger: { same: 5, lower: 90, missed: 90, empty: { serial: 30, shape: TODAY, absent: 'empty' } },
    }
    const newer = [
      ['missed', 99, 'changed'],
      ['lost', 40, 'new'],
    ]
    expect(await work(scene)).toEqual(newer)
    expect(await work({ ...scene, circumstances: { thorough: true } })).toEqual([['lower', 80, 'changed'], ...newer])
  })

  it('a restored upstream is compared by each serial, and removes nothing', async () => {
    const scene: Scene = {
      list: [
        ['same', 5],
        ['back', 90],
      ],
      ledger: { same: 5, back: 99, newer: 100 },
      changes: { serial: 95, tellsAbsence: false },
      circumstances: { wentBack: true },
      state: { status: 100, todo: { target: 100, projects: new Map([['owed', 99]]) } },
    }
    expect(await work(scene)).toEqual([
      ['back', 90, 'changed'],
      ['owed', 0, 'new'],
    ])
    expect(await plan(scene)).toMatchObject({ removals: [], missing: 1, target: 95 })
  })

  it('a mirror that was taken over is not asked to have what bandersnatch 8.0 left out', async () => {
    const scene: Scene = {
      list: [
        ['held', 5],
        ['left-out', 6],
        ['new', 105],
      ],
      ledger: { held: 0 },
      circumstances: { learnsUpTo: 100, presumesUpTo: 100 },
    }
    expect(await work(scene)).toEqual([['new', 105, 'new']])
    expect([...(await plan(scene)).notes]).toEqual([
      ['held', { serial: 5, shape: TODAY }],
      ['left-out', { serial: 6, shape: TODAY, absent: 'untaken' }],
    ])
  })

  it('an index without serials tells names only', async () => {
    const scene: Scene = {
      list: [
        ['a', 0],
        ['b', 0],
      ],
      ledger: { a: 5, gone: 0 },
      changes: { serial: 0 },
      circumstances: { hasSerials: false },
      state: { status: undefined, todo: undefined },
    }
    expect(await work(scene)).toEqual([
      ['a', 0, 'changed'],
      ['b', 0, 'new'],
    ])
    expect(await plan(scene)).toMatchObject({ target: 0, writeRoot: true })
    expect(await removals(scene)).toEqual(['gone'])
  })

  it('names that are one when normalized are one project, whichever serial is its own', async () => {
    const list = [
      ['Foo.Bar', 5],
      ['foo-bar', 105],
      ['FOO_BAR', 1],
    ] as const
    expect(await work({ list, ledger: { 'foo-bar': 5 } })).toEqual([['foo-bar', 0, 'changed']])
    const old = [...list.filter(([, serial]) => serial < 100), ['foo-bar', 95] as const]
    expect(await work({ list: old, ledger: { 'foo-bar': 95 } })).toEqual([])
    expect(await work({ list: old, ledger: { 'foo-bar': 95 }, circumstances: { thorough: true } })).toEqual([])
    expect(await work({ list })).toEqual([['foo-bar', 0, 'new']])
  })

  it('names that are none are not asked for', async () => {
    const list = [
      ['../x', 5],
      ['__proto__', 6],
      ['a b', 7],
    ] as const
    expect(await work({ list, circumstances: { thorough: true } })).toEqual([])
  })

  it('a project of the ledger that the list has in the same serial is not judged one by one', async () => {
    const list = [['a', 5]] as const
    // The filters are not asked: nothing can be to do.
    const asked: string[] = []
    const filters = without('never')
    const [filter] = filters.project
    const spying = {
      ...filters,
      project: filter === undefined ? [] : [{ ...filter, keepProject: (name: string) => asked.push(name) > 0 }],
    }
    await plan({ list, ledger: { a: 5 }, filters: spying })
    expect(asked).toEqual([])
    await plan({ list, ledger: { a: 5 }, filters: spying, circumstances: { projectsEdited: true } })
    expect(asked).toEqual(['a'])
    await plan({ list, ledger: { a: 5 }, filters: spying, circumstances: { forced: true } })
    expect(asked).toEqual(['a', 'a'])
  })
})

describe('edited filters and options', () => {
  const list = [
    ['yes', 5],
    ['no', 6],
    ['yes-new', 7],
    ['no-new', 8],
  ] as const
  const scene: Scene = { list, ledger: { yes: 5, no: 6 }, filters: without('no') }

  it('add what passes now and remove what does not', async () => {
    const edited = { ...scene, circumstances: { projectsEdited: true } }
    expect(await work(edited)).toEqual([['yes-new', 7, 'new']])
    expect(await plan(edited)).toMatchObject({ removals: [{ project: 'no', by: 'admin' }] })
    // Without an edit it was `sync` that brought it.
    expect(await removals(scene)).toEqual([])
  })

  it('make pages of another shape again from what is stored', async () => {
    const ledger = { yes: { serial: 5, shape: 'b2' }, other: { serial: 9, shape: 'b2', rawName: 'Other' } }
    const { work: items } = await plan({ ledger, shapes: { b2: { json: 'true' } } })
    expect([...items.values()]).toEqual([
      expect.objectContaining({ name: 'yes', rawName: 'yes', serial: 5, reason: 'options', render: true }),
      expect.objectContaining({ name: 'other', rawName: 'Other', serial: 9, madeWith: { json: 'true' } }),
    ])
    expect(await work({ ledger, filtersDiffer: (shape) => shape === 'b2' })).toMatchObject([
      ['yes', 5, 'filters'],
      ['Other', 9, 'filters'],
    ])
  })

  it('leave what changed upstream to be asked for', async () => {
    const { work: items } = await plan({ ledger: { yes: { serial: 5, shape: 'b2' } }, changelog: [['yes', 105]] })
    expect(items.get('yes')).toMatchObject({ render: false, serial: 105, reason: 'changed' })
  })
})

describe('what failed before', () => {
  const failed = { serial: 50, shape: TODAY, owed: OWED }

  it('waits, and is reported', async () => {
    const waiting = await plan({ ledger: { failed } })
    expect(waiting.work.size).toBe(0)
    expect([...waiting.waiting]).toEqual([['failed', failed]])
  })

  it('is asked for with the serial that failed', async () => {
    expect(await work({ ledger: { failed }, circumstances: { retryFailed: true } })).toEqual([['failed', 99, 'owed']])
    expect(await work({ ledger: { failed }, changelog: [['failed', 105]] })).toEqual([['failed', 105, 'changed']])
  })

  it('does not wait where it never was here, or the filters no longer want it', async () => {
    const gone = { ...failed, absent: 'gone' as const }
    expect((await plan({ ledger: { gone } })).waiting.size).toBe(0)
    expect((await plan({ ledger: { failed }, filters: without('failed') })).waiting.size).toBe(0)
  })
})

it('forgets a line without pages whose project is not listed or not wanted', async () => {
  const empty = { serial: 5, shape: TODAY, absent: 'empty' as const }
  expect([...(await plan({ list: [], ledger: { empty } })).notes]).toEqual([['empty', undefined]])
  expect([...(await plan({ ledger: { empty }, filters: without('empty') })).notes]).toEqual([['empty', undefined]])
})
