import { describe, expect, it } from 'vitest'
import { findEdits } from '../../../src/mirror/plan/edits.js'
import {
  FILTERS_KEY,
  OWN_PARTS,
  commonShape,
  madeWith,
  makeShape,
  ownShape,
  projectFiltersOf,
  shapeLookup,
  shapeTexts,
} from '../../../src/mirror/plan/shape.js'
import { loadNotes } from '../../../src/mirror/state/run-notes.js'
import type { RunNotes } from '../../../src/mirror/state/run-notes.js'
import { engine } from '../../helpers/engine.js'
import { memoryStorage } from '../../helpers/memory-storage.js'

const LATEST = '[plugins]\nenabled = latest_release\n[latest_release]\nkeep = '
const BLOCK = '[plugins]\nenabled = blocklist_project\n[blocklist]\npackages = a\n'

describe('makeShape', () => {
  it('does not depend on the order of the options', async () => {
    const { filters } = await engine()
    const shape = makeShape({ b: '2', a: '1' }, filters)
    expect(shape).toEqual(makeShape({ a: '1', b: '2' }, filters))
    expect(Object.keys(shape.options)).toEqual(['a', 'b'])
    expect(shape.id).toMatch(/^[0-9a-f]{12}$/)
  })

  it('changes with an option, and with the settings of a filter that chooses releases or files', async () => {
    const ids = await Promise.all(
      [
        {},
        { mirror: 'simple-format = HTML' },
        { mirror: 'root_uri = https://example.org' },
        { mirror: 'json = true' },
        { sections: `${LATEST}1` },
        { sections: `${LATEST}2` },
      ].map(async (options) => (await engine(options)).shape.id),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('does not change with what shapes no page: workers, the master, filters by name', async () => {
    const { shape } = await engine()
    expect((await engine({ mirror: 'workers = 1' })).shape).toEqual(shape)
    expect((await engine({ url: 'http://127.0.0.1:10' })).shape).toEqual(shape)
    expect((await engine({ sections: BLOCK })).shape).toEqual(shape)
  })
})

describe('the shape of a single project', () => {
  it('is the common one where nothing more is said of it, and has a part for whatever is', async () => {
    const { shape } = await engine()
    const texts = new Map([['a', 'one']])
    const textOf = (name: string): string => texts.get(name) ?? ''
    for (const part of OWN_PARTS) {
      const idOf = shapeLookup(shape, { [part]: textOf })
      expect(idOf('b')).toBe(shape.id)
      const before = idOf('a')
      expect([before === shape.id, commonShape(before), ownShape(idOf('b'), part)]).toEqual([false, shape.id, ''])
      for (const other of OWN_PARTS) expect(ownShape(before, other) === '').toBe(other !== part)
      texts.set('a', 'two')
      expect(ownShape(idOf('a'), part)).not.toBe(ownShape(before, part))
      texts.set('a', 'one')
      expect(idOf('a')).toBe(before)
    }
    const all = shapeLookup(shape, { publishers: textOf, selection: textOf, advisories: textOf })('a')
    expect(new Set(OWN_PARTS.map((part) => ownShape(all, part))).size).toBe(1)
    expect(commonShape(all)).toBe(shape.id)
  })

  it('tells what its pages were made with, publishers among it', async () => {
    const { shape } = await engine()
    const shapes = { [shape.id]: shapeTexts(shape) }
    const id = shapeLookup(shape, { publishers: () => 'me', selection: () => 'files' })('a')
    expect(madeWith(shapes, shape.id)).toEqual(shapeTexts(shape))
    expect(madeWith(shapes, id)).toEqual({ ...shapeTexts(shape), publishers: ownShape(id, 'publishers') })
    expect(madeWith({}, id)).toBeUndefined()
  })
})

describe('findEdits', () => {
  /** What a complete run of this configuration leaves. */
  async function notesOf(options: Parameters<typeof engine>[0] = {}): Promise<RunNotes> {
    const { shape, filters } = await engine(options)
    const shapes = { [shape.id]: { ...shape.options, [FILTERS_KEY]: shape.filters } }
    const none = await loadNotes(memoryStorage())
    return { ...none, shape: shape.id, shapes, projectFilters: projectFiltersOf(filters) }
  }

  it('finds none where nothing was edited', async () => {
    const notes = await notesOf()
    expect(findEdits(await engine(), notes)).toMatchObject({ any: false, options: false, projects: false })
  })

  it('finds edited options, filters of contents, and filters of names', async () => {
    const notes = await notesOf()
    const html = await engine({ mirror: 'simple-format = HTML' })
    expect(findEdits(html, notes)).toMatchObject({ any: true, options: true, projects: false })
    expect(findEdits(html, notes).filtersDiffer(notes.shape ?? '')).toBe(false)
    const latest = await engine({ sections: `${LATEST}1` })
    expect(findEdits(latest, notes)).toMatchObject({ any: true, options: true, projects: false })
    expect(findEdits(latest, notes).filtersDiffer(notes.shape ?? '')).toBe(true)
    const block = await engine({ sections: BLOCK })
    expect(findEdits(block, notes)).toMatchObject({ any: true, options: false, projects: true })
  })

  it('finds an edit that was taken back after an interrupted run', async () => {
    const notes = await notesOf()
    const run = await engine()
    expect(findEdits(run, { ...notes, begunShape: 'abc' })).toMatchObject({ any: true, options: true })
    expect(findEdits(run, { ...notes, begunProjectFilters: 'abc' })).toMatchObject({ any: true, projects: true })
  })

  it('takes a shape that nobody noted for one of other filters', async () => {
    expect(findEdits(await engine(), await notesOf()).filtersDiffer('unknown')).toBe(true)
  })

  it('takes a new mirror for one whose project filters were not edited', async () => {
    const none = await loadNotes(memoryStorage())
    expect(findEdits(await engine(), none)).toMatchObject({ options: true, projects: false })
  })
})
