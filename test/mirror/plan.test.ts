import { describe, expect, it } from 'vitest'
import { makePlan } from '../../src/mirror/plan/plan.js'
import type { Changed, PlanInput, SyncPlan } from '../../src/mirror/plan/types.js'

const NO_FILTERS = {
  project: [],
  metadata: [],
  release: [],
  releaseFile: [],
  fingerprint: '',
  needsMetadata: false,
  warnings: [],
}

interface Scene extends Partial<Omit<PlanInput, 'changed' | 'held'>> {
  /** the whole list, as pairs */
  readonly list?: readonly (readonly [string, number])[]
  readonly unreadable?: readonly string[]
  readonly changes?: readonly (readonly [string, number])[]
  readonly changed?: Partial<Changed>
  /** names with pages -> serial, 0 where that is not known */
  readonly held?: Readonly<Record<string, number>>
  readonly absent?: Readonly<Record<string, number>>
}

/** A plan after serial 100 of an upstream that is at 110. */
function plan({ list, unreadable = [], changes = [], changed, held = {}, absent = {}, ...input }: Scene): SyncPlan {
  const projects = list === undefined ? undefined : new Map(list)
  return makePlan({
    state: { status: 100, todo: undefined },
    finished: new Set(),
    force: false,
    changed: {
      list:
        projects === undefined
          ? undefined
          : { serial: 110, projects, hasSerials: true, etag: undefined, unreadable: new Set(unreadable) },
      changes: new Map(changes),
      serial: 110,
      wentBack: false,
      tellsAbsence: projects !== undefined,
      ...changed,
    },
    held:
      projects === undefined
        ? undefined
        : {
            names: new Set(Object.keys(held)),
            absent: new Map(Object.entries(absent)),
            serials: new Map(Object.entries(held).filter(([, serial]) => serial > 0)),
          },
    filters: NO_FILTERS,
    filtersChanged: false,
    contentsChanged: false,
    thorough: false,
    takenOver: false,
    removes: true,
    ...input,
  })
}

const work = (scene: Scene): [string, number][] => [...plan(scene).work]
const removals = (scene: Scene): string[] => plan(scene).removals.map(({ project }) => project)

describe('what is owed and what changed', () => {
  const todo = {
    target: 100,
    projects: new Map([
      ['Foo.Bar', 90],
      ['late', 95],
    ]),
  }

  it('is one list, in which other spellings are the same project', () => {
    const scene = {
      state: { status: 80, todo },
      changes: [
        ['foo-bar', 105],
        ['new', 110],
      ] as const,
    }
    expect(work(scene)).toEqual([
      ['late', 95],
      ['foo-bar', 105],
      ['new', 110],
    ])
    expect(plan(scene)).toMatchObject({ base: 100, target: 110 })
  })

  it('is without what an unfinished run finished', () => {
    expect(work({ state: { status: 80, todo }, finished: new Set(['late']) })).toEqual([['Foo.Bar', 90]])
  })

  it('is forgotten by a forced run', () => {
    expect(work({ state: { status: 80, todo }, force: true, list: [['x', 5]], changes: [['x', 5]] })).toEqual([
      ['x', 5],
    ])
  })

  it('is asked for as it is where its serial is higher than its index has', () => {
    expect(
      work({
        changes: [
          ['mistaken', 900_000_000_000_000],
          ['right', 110],
        ],
      }),
    ).toEqual([
      ['mistaken', 0],
      ['right', 110],
    ])
  })
})

describe('compared with the list', () => {
  it('what the list does not name goes, unless it is asked for', () => {
    const scene = {
      list: [['stays', 5]] as const,
      held: { stays: 5, gone: 6, owed: 7 },
      state: { status: 100, todo: { target: 100, projects: new Map([['owed', 7]]) } },
    }
    expect(removals(scene)).toEqual(['gone'])
    expect(work(scene)).toEqual([['owed', 7]])
    expect(removals({ ...scene, removes: false })).toEqual([])
  })

  it('what the changelog has and the list no more is not asked for', () => {
    const scene = {
      list: [['stays', 5]] as const,
      held: { stays: 5, 'gone-now': 6 },
      changes: [
        ['Gone_Now', 108],
        ['never-here', 109],
      ] as const,
    }
    expect(work(scene)).toEqual([])
    expect(removals(scene)).toEqual(['gone-now'])
  })

  it('an older copy of the list removes nothing, and tells how much it would', () => {
    const scene = {
      list: [['old', 5]] as const,
      held: { old: 5, new: 105, newer: 106 },
      changes: [['newer', 106]] as const,
      changed: { tellsAbsence: false },
    }
    expect(plan(scene)).toMatchObject({ removals: [], missing: 1 })
    expect(work(scene)).toEqual([['newer', 106]])
  })

  it('a name with an unreadable serial is listed all the same', () => {
    expect(removals({ list: [['a', 5]], unreadable: ['B_b'], held: { a: 5, 'b-b': 6 } })).toEqual([])
  })

  it('only a thorough comparison looks at each serial, and at what is not there', () => {
    const scene = {
      list: [
        ['same', 5],
        ['missed', 99],
        ['unknown', 50],
        ['lost', 40],
        ['empty', 30],
      ] as const,
      held: { same: 5, missed: 90, unknown: 0 },
      absent: { empty: 30 },
    }
    expect(work(scene)).toEqual([])
    expect(work({ ...scene, thorough: true })).toEqual([
      ['missed', 99],
      ['lost', 40],
    ])
  })

  it('a restored upstream is compared thoroughly, and removes nothing', () => {
    const scene = {
      list: [
        ['same', 5],
        ['back', 90],
        ['unknown', 50],
      ] as const,
      held: { same: 5, back: 99, unknown: 0, newer: 100 },
      changed: { serial: 95, wentBack: true, tellsAbsence: false },
      state: { status: 100, todo: { target: 100, projects: new Map([['owed', 99]]) } },
    }
    expect(work(scene)).toEqual([
      ['owed', 0],
      ['back', 90],
      ['unknown', 50],
    ])
    expect(plan(scene)).toMatchObject({ removals: [], missing: 1, target: 95 })
  })

  it('a mirror that was taken over is not asked to have what bandersnatch 8.0 left out', () => {
    const scene = {
      list: [
        ['held', 5],
        ['left-out', 6],
        ['new', 105],
      ] as const,
      held: { held: 0 },
      changes: [['new', 105]] as const,
      thorough: true,
      takenOver: true,
    }
    expect(work(scene)).toEqual([['new', 105]])
    expect([...plan(scene).presumedAbsent]).toEqual([['left-out', 6]])
    expect(work({ ...scene, filtersChanged: true })).toEqual([
      ['new', 105],
      ['left-out', 6],
    ])
  })

  it('an index without serials tells names only', () => {
    const list = {
      serial: undefined,
      projects: new Map([
        ['a', 0],
        ['b', 0],
      ]),
      hasSerials: false,
      etag: undefined,
    }
    const scene = {
      list: [],
      held: { a: 5, gone: 0 },
      changes: [
        ['a', 0],
        ['b', 0],
      ] as const,
      changed: { list, serial: 0 },
      thorough: true,
      state: { status: undefined, todo: undefined },
    }
    expect(work(scene)).toEqual([
      ['a', 0],
      ['b', 0],
    ])
    expect(plan(scene)).toMatchObject({ target: 0, writeRoot: true })
    expect(removals(scene)).toEqual(['gone'])
  })

  it('names that are one when normalized are one project, whichever serial is its own', () => {
    const scene = {
      list: [
        ['Foo.Bar', 5],
        ['foo-bar', 105],
        ['FOO_BAR', 1],
      ] as const,
      held: { 'foo-bar': 5 },
      changes: [['foo-bar', 105]] as const,
      thorough: true,
    }
    expect(work(scene)).toEqual([['foo-bar', 0]])
    expect(work({ ...scene, changes: [] })).toEqual([])
  })

  it('names that are none are not asked for again and again', () => {
    expect(
      work({
        list: [
          ['../x', 5],
          ['__proto__', 6],
          ['a b', 7],
        ],
        thorough: true,
      }),
    ).toEqual([])
  })
})

describe('edited filters', () => {
  const filters = {
    ...NO_FILTERS,
    project: [
      {
        kind: 'project' as const,
        name: 'test',
        summary: '',
        settings: 1,
        keepProject: (name: string) => !name.startsWith('no'),
      },
    ],
  }
  const list = [
    ['yes', 5],
    ['no', 6],
    ['yes-new', 7],
    ['no-new', 8],
    ['yes-empty', 9],
  ] as const
  const scene = { list, held: { yes: 5, no: 6 }, absent: { 'yes-empty': 9 }, filters }

  it('add what passes now and remove what does not', () => {
    expect(plan(scene)).toMatchObject({ removals: [], work: new Map() })
    expect(work({ ...scene, filtersChanged: true })).toEqual([['yes-new', 7]])
    expect(removals({ ...scene, filtersChanged: true })).toEqual(['no'])
  })

  it('filter again what is held, and ask again for what gave nothing', () => {
    const edited = { ...scene, filtersChanged: true, contentsChanged: true }
    expect(work(edited)).toEqual([
      ['yes', 5],
      ['yes-new', 7],
      ['yes-empty', 9],
    ])
    expect([...plan(edited).refiltered]).toEqual(['yes'])
  })

  it('leave what changed upstream to be asked for', () => {
    const edited = {
      ...scene,
      filtersChanged: true,
      contentsChanged: true,
      changes: [
        ['yes', 105],
        ['no', 106],
      ] as const,
    }
    expect(work(edited)).toEqual([
      ['yes', 105],
      ['yes-new', 7],
      ['yes-empty', 9],
    ])
    expect([...plan(edited).refiltered]).toEqual([])
    expect(removals(edited)).toEqual(['no'])
  })
})
