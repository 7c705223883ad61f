import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAdvisoryIndex } from '../../src/advisories/advisory-index.js'
import type { FeedContent } from '../../src/advisories/feed.js'
import { readFeed } from '../../src/advisories/feed.js'
import { advisoriesAsText, listAdvisories } from '../../src/advisories/list.js'
import { settleFeed } from '../../src/advisories/settle.js'
import type { FeedAnswer, SettleOptions } from '../../src/advisories/settle.js'
import type { AdvisorySnapshot } from '../../src/advisories/snapshot.js'
import { formatSnapshot, parseSnapshot } from '../../src/advisories/snapshot.js'
import { fileOf, indexOf, record } from './support.js'

const DAY = 86_400_000
const OPTIONS: SettleOptions = {
  source: 'https://osv.example/all.zip',
  prefixes: ['MAL-'],
  now: 100 * DAY,
  maxAgeDays: 7,
}

async function contentOf(count: number): Promise<FeedContent> {
  const records = Array.from({ length: count }, (_, n) => record(`MAL-${n}`, `evil-${n % 5}`, { versions: [`${n}.0`] }))
  return readFeed(fileOf(records.join('\n')), ['MAL-'])
}

async function storedAt(days: number, count = 10): Promise<AdvisorySnapshot> {
  const content = await contentOf(count)
  const { snapshot } = settleFeed(undefined, { kind: 'read', content, etag: '"1"' }, { ...OPTIONS, now: days * DAY })
  if (snapshot === undefined) throw new Error('nothing was stored')
  return snapshot
}

describe('the stored snapshot', () => {
  it('is read as it was written', async () => {
    const snapshot = await storedAt(1)
    const parsed = parseSnapshot(formatSnapshot(snapshot))
    expect(parsed).toEqual({ kind: 'snapshot', snapshot })
    expect(parsed.kind === 'snapshot' && createAdvisoryIndex(parsed.snapshot.table).blocking('evil-2', '7.0')).toEqual([
      'MAL-7',
    ])
  })

  it('without advisories too', () => {
    const counts = { records: 0, advisories: 0, withdrawn: 0, other: 0, unreadable: 0 }
    const empty = {
      source: 'x',
      prefixes: [],
      readAt: 1,
      checkedAt: 1,
      etag: undefined,
      lastModified: undefined,
      counts,
      table: new Map(),
    }
    expect(parseSnapshot(formatSnapshot(empty))).toEqual({ kind: 'snapshot', snapshot: empty })
  })

  it('is damaged when it is cut or changed anywhere in the table', async () => {
    const text = formatSnapshot(await storedAt(1))
    const body = text.indexOf('\n') + 1
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), (at) => {
        expect(parseSnapshot(text.slice(0, at)).kind).toBe('damaged')
        if (at < body) return
        const char = text[at] === 'x' ? 'y' : 'x'
        expect(parseSnapshot(text.slice(0, at) + char + text.slice(at + 1)).kind).toBe('damaged')
      }),
    )
    expect(parseSnapshot('').kind).toBe('damaged')
    expect(parseSnapshot('{"format":2}\n')).toEqual({
      kind: 'damaged',
      problem: 'the stored advisories are damaged: another version of this program wrote it',
    })
  })
})

describe('the advisories of a run', () => {
  it('are what was read', async () => {
    const settled = settleFeed(await storedAt(90), { kind: 'read', content: await contentOf(6), etag: '"2"' }, OPTIONS)
    expect(settled).toMatchObject({ changed: true, warnings: [], incomplete: false })
    expect(settled.snapshot).toMatchObject({
      readAt: OPTIONS.now,
      checkedAt: OPTIONS.now,
      etag: '"2"',
      counts: { advisories: 6 },
    })
  })

  it('are the stored ones when the source says that they are current', async () => {
    const { snapshot, incomplete } = settleFeed(await storedAt(50), { kind: 'unchanged' }, OPTIONS)
    expect(snapshot).toMatchObject({ readAt: 50 * DAY, checkedAt: OPTIONS.now })
    expect(incomplete).toBe(false)
  })

  it.each([
    [94, false],
    [93, false],
    [92, true],
  ])('are the stored ones of day %i when the source fails; exit 1: %s', async (day, incomplete) => {
    const stored = await storedAt(day)
    const settled = settleFeed(stored, { kind: 'failed', problem: 'connection refused' }, OPTIONS)
    expect(settled.snapshot).toBe(stored)
    expect(settled).toMatchObject({ changed: false, incomplete })
    expect(settled.warnings[0]).toContain('connection refused; the stored copy of 1970-04-')
  })

  it('are the stored ones when the database lost more than half', async () => {
    const stored = await storedAt(99)
    const shrunk = settleFeed(stored, { kind: 'read', content: await contentOf(4) }, OPTIONS)
    expect(shrunk.snapshot).toBe(stored)
    expect(shrunk.warnings[0]).toContain('it shrank from 10 to 4 advisories')
    const half = settleFeed(stored, { kind: 'read', content: await contentOf(5) }, OPTIONS)
    expect(half.snapshot?.counts.advisories).toBe(5)
  })

  it.each<FeedAnswer>([{ kind: 'failed', problem: 'gone' }, { kind: 'unchanged' }])(
    'are none, and the run is incomplete, without a stored copy: %j',
    (answer) => {
      expect(settleFeed(undefined, answer, OPTIONS)).toMatchObject({ snapshot: undefined, incomplete: true })
    },
  )

  it('are not the stored ones of another source or of other ids', async () => {
    const stored = await storedAt(99)
    const failed: FeedAnswer = { kind: 'failed', problem: 'gone' }
    expect(settleFeed(stored, failed, { ...OPTIONS, source: '/other.zip' }).snapshot).toBeUndefined()
    expect(settleFeed(stored, failed, { ...OPTIONS, prefixes: ['MAL-', 'GHSA-'] }).snapshot).toBeUndefined()
  })

  it('come with a warning when records cannot be read', async () => {
    const content = await readFeed(fileOf(`${record('MAL-1', 'evil')}\n{`), ['MAL-'])
    expect(settleFeed(undefined, { kind: 'read', content }, OPTIONS).warnings).toEqual([
      '1 record of https://osv.example/all.zip cannot be read and block nothing, such as line 2: it is not JSON',
    ])
  })
})

describe('bandersnatch advisories', () => {
  const index = indexOf([
    record('MAL-20', 'evil', { versions: ['1.0'] }),
    record('MAL-1', 'worse-project'),
    record('MAL-2', 'evil'),
  ])

  it('lists what is blocked and why', () => {
    const rows = listAdvisories(index)
    expect(advisoriesAsText(rows)).toBe(
      'evil           MAL-2   all versions\nevil           MAL-20  1.0\nworse-project  MAL-1   all versions\n',
    )
    expect(rows.slice(2)).toEqual([
      { project: 'worse-project', id: 'MAL-1', versions: 'all versions', url: 'https://osv.dev/vulnerability/MAL-1' },
    ])
    expect(listAdvisories(index, ['worse-project', 'good'])).toEqual(rows.slice(2))
    expect(advisoriesAsText([])).toBe('no advisories\n')
  })
})
