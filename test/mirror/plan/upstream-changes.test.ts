import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../../src/errors.js'
import { askUpstream } from '../../../src/mirror/plan/upstream-changes.js'
import type { UpstreamChanges } from '../../../src/mirror/plan/types.js'
import { loadNotes } from '../../../src/mirror/state/run-notes.js'
import type { RunNotes } from '../../../src/mirror/state/run-notes.js'
import type { Changes, ProjectList, Upstream } from '../../../src/upstream/types.js'
import { engine } from '../../helpers/engine.js'
import { memoryStorage } from '../../helpers/memory-storage.js'

type Answer<T> = T | Error

interface Scene {
  readonly method?: 'auto' | 'simple' | 'xmlrpc'
  readonly last?: Answer<number | 'not-offered'>
  readonly changes?: Answer<Partial<Changes> | 'not-offered'>
  readonly list?: Answer<Partial<ProjectList> | 'unchanged'>
  readonly byRpc?: Answer<Partial<ProjectList> | 'not-offered'>
  readonly since?: number
  readonly notes?: Partial<RunNotes>
  readonly wholeList?: boolean
  readonly switching?: boolean
}

interface Asked {
  readonly changes: UpstreamChanges
  /** which questions were asked, in order */
  readonly asked: readonly string[]
  readonly lines: readonly string[]
}

const LISTED = Object.assign([['a', 90] as const, ['b', 100] as const], { size: 2 })

const listOf = (list: Partial<ProjectList>): ProjectList => ({
  serial: 110,
  projects: LISTED,
  hasSerials: true,
  etag: '"1"',
  ...list,
})

const given = <T>(answer: Answer<T>): T => {
  if (answer instanceof Error) throw answer
  return answer
}

/** Asks a scripted upstream for everything after serial 100. */
async function ask(scene: Scene): Promise<Asked> {
  const { method = 'auto', last = 110, changes = {}, list = {}, byRpc = 'not-offered', since = 100 } = scene
  const asked: string[] = []
  const upstream: Partial<Upstream> = {
    async lastSerial() {
      asked.push('last')
      return given(last)
    },
    async changesSince(serial, upTo) {
      asked.push(`changes ${serial}-${upTo ?? ''}`)
      const answer = given(changes)
      return answer === 'not-offered'
        ? answer
        : { serial: 110, projects: new Map([['b', 110]]), removed: new Set(), ...answer }
    },
    async list(etag) {
      asked.push(etag === undefined ? 'list' : `list unless ${etag}`)
      const answer = given(list)
      return answer === 'unchanged' ? answer : listOf(answer)
    },
    async listByRpc() {
      asked.push('list by rpc')
      const answer = given(byRpc)
      return answer === 'not-offered' ? answer : listOf({ serial: undefined, etag: undefined, ...answer })
    },
  }
  const run = await engine({ mirror: `api-method = ${method}`, upstream })
  const notes = { ...(await loadNotes(memoryStorage())), ...scene.notes }
  const { wholeList = false, switching = false } = scene
  const answer = await askUpstream(run, { since, held: since, notes, wholeList, switching })
  return { changes: answer, asked, lines: run.lines }
}

const content = new UpstreamError('content', 'the answer is HTML')
const unreachable = new UpstreamError('connect', 'connection refused')
const notFound = new UpstreamError('status', 'HTTP status 404', 404)

describe('api-method = auto', () => {
  it('asks for the last serial alone where nothing changed', async () => {
    const { changes, asked } = await ask({ last: 100 })
    expect(asked).toEqual(['last'])
    expect(changes).toMatchObject({ serial: 100, list: undefined, wentBack: false, tellsAbsence: false })
    expect(changes.changelog.size).toBe(0)
  })

  it('asks the changelog for what changed, and no further than the last serial', async () => {
    const { changes, asked } = await ask({ changes: { serial: 115 } })
    expect(asked).toEqual(['last', 'changes 100-110'])
    expect(changes).toMatchObject({ serial: 110, list: undefined })
    expect([...changes.changelog]).toEqual([['b', 110]])
    expect((await ask({ changes: { serial: 105 } })).changes.serial).toBe(105)
  })

  it('looks at the list too where a project was removed', async () => {
    const { changes, asked } = await ask({ changes: { removed: new Set(['B_b']) } })
    expect(asked).toEqual(['last', 'changes 100-110', 'list'])
    expect([...changes.removed]).toEqual(['b-b'])
    expect(changes).toMatchObject({ tellsAbsence: true, serial: 110 })
  })

  it('asks for the whole list in a first and in a comparing run', async () => {
    expect((await ask({ since: 0 })).asked).toEqual(['list'])
    expect((await ask({ wholeList: true, last: 100 })).asked).toEqual(['last', 'list'])
  })

  it('compares with the list where the changelog is not offered or makes no sense', async () => {
    const missing = await ask({ last: 'not-offered' })
    expect(missing.asked).toEqual(['last', 'list'])
    expect(missing.lines).toContainEqual(expect.stringContaining('offers no XML-RPC changelog'))
    expect(missing.changes).toMatchObject({ serial: 110, tellsAbsence: true })
    expect((await ask({ changes: 'not-offered' })).asked).toEqual(['last', 'changes 100-110', 'list'])
    const broken = await ask({ last: content })
    expect(broken.asked).toEqual(['last', 'list'])
    expect(broken.lines).toContainEqual(expect.stringContaining('changelog cannot be used'))
  })

  it('fails where upstream cannot be reached, or a bug is thrown', async () => {
    await expect(ask({ last: unreachable })).rejects.toBe(unreachable)
    await expect(ask({ last: new TypeError('a bug') })).rejects.toThrow('a bug')
  })

  it('uses the XML-RPC list where the PEP 691 list is missing or has no serials', async () => {
    const byRpc = {}
    const missing = await ask({ since: 0, list: notFound, byRpc })
    expect(missing.asked).toEqual(['list', 'list', 'list', 'last', 'list by rpc'])
    expect(missing.changes).toMatchObject({ serial: 110, list: { serial: 110 } })
    expect((await ask({ since: 0, list: { hasSerials: false }, byRpc })).changes.list?.hasSerials).toBe(true)
  })

  it('goes on without serials where there are none', async () => {
    const { changes, lines } = await ask({ since: 0, list: { hasSerials: false }, last: content })
    expect(changes).toMatchObject({ serial: 0, wentBack: false, tellsAbsence: true })
    expect(lines).toContainEqual(expect.stringContaining('has no serials'))
  })

  it('fails with the first answer where there is neither list', async () => {
    await expect(ask({ since: 0, list: notFound, last: 'not-offered' })).rejects.toBe(notFound)
    await expect(ask({ since: 0, list: { hasSerials: false }, last: unreachable })).rejects.toBe(unreachable)
    const cut = new UpstreamError('content', 'cut off')
    await expect(ask({ since: 0, list: cut, byRpc: {} })).rejects.toBe(cut)
    const busy = new UpstreamError('status', 'HTTP status 500', 500)
    await expect(ask({ since: 0, list: busy, byRpc: {} })).rejects.toBe(busy)
  })
})

describe('api-method = simple', () => {
  it('asks for the list unless it is what it was', async () => {
    const notes = { listEtag: '"9"', listSerial: 100, upstreamSerial: 100 }
    const { changes, asked } = await ask({ method: 'simple', list: 'unchanged', notes })
    expect(asked).toEqual(['list unless "9"'])
    expect(changes).toMatchObject({ serial: 100, list: undefined, tellsAbsence: false })
  })

  it('asks for the whole list where the ETag stands for another serial, or all is compared', async () => {
    const notes = { listEtag: '"9"', listSerial: 99 }
    expect((await ask({ method: 'simple', notes })).asked).toEqual(['list'])
    expect((await ask({ method: 'simple', notes: { ...notes, listSerial: 100 }, wholeList: true })).asked).toEqual([
      'list',
    ])
    expect((await ask({ method: 'simple', notes: { listEtag: '"9"', listSerial: 0 }, since: 0 })).asked).toEqual([
      'list',
    ])
  })

  it('does not ask XML-RPC', async () => {
    const { asked } = await ask({ method: 'simple', since: 0, list: { hasSerials: false }, byRpc: {} })
    expect(asked).toEqual(['list'])
    await expect(ask({ method: 'simple', since: 0, list: notFound, byRpc: {} })).rejects.toBe(notFound)
  })
})

describe('api-method = xmlrpc', () => {
  it('asks the changelog, and for the list by XML-RPC', async () => {
    expect((await ask({ method: 'xmlrpc', changes: { removed: new Set(['b']) } })).asked).toEqual([
      'last',
      'changes 100-110',
    ])
    const whole = await ask({ method: 'xmlrpc', wholeList: true, byRpc: {} })
    expect(whole.asked).toEqual(['last', 'changes 100-110', 'list by rpc'])
    expect(whole.changes.list?.serial).toBe(110)
    expect((await ask({ method: 'xmlrpc', since: 0, byRpc: {} })).asked).toEqual(['last', 'list by rpc'])
  })

  it('fails where the changelog does, and uses the PEP 691 list where XML-RPC is not offered', async () => {
    await expect(ask({ method: 'xmlrpc', last: content })).rejects.toBe(content)
    const { asked, lines } = await ask({ method: 'xmlrpc', since: 0, last: 'not-offered' })
    expect(asked).toEqual(['last', 'list'])
    expect(lines).toContainEqual(expect.stringContaining('offers no XML-RPC; using the PEP 691 list'))
  })
})

describe('an HTML list without serials', () => {
  const list = { html: true, hasSerials: false } as const

  it('is not believed where the mirror has a serial', async () => {
    await expect(ask({ list, wholeList: true, last: 'not-offered' })).rejects.toThrow(
      /HTML without serials, but the mirror has serial 100/,
    )
  })

  it('is believed in a new mirror, and when the admin says that it is another index', async () => {
    expect((await ask({ list, since: 0 })).changes.list?.html).toBe(true)
    expect((await ask({ list, wholeList: true, last: 'not-offered', switching: true })).changes.list?.html).toBe(true)
  })
})

describe('serials that do not fit', () => {
  it('an older copy of the list does not tell that a project is gone', async () => {
    const { changes, lines } = await ask({ wholeList: true, list: { serial: 109 } })
    expect(changes).toMatchObject({ tellsAbsence: false, wentBack: false, serial: 110 })
    expect(lines).toContainEqual(expect.stringContaining('serial 109) is an older copy'))
    expect((await ask({ wholeList: true, list: { serial: 110 } })).changes.tellsAbsence).toBe(true)
    expect((await ask({ wholeList: true, list: { serial: 111 } })).changes.tellsAbsence).toBe(true)
  })

  it('a list without a serial of its own has that of its newest project', async () => {
    const { changes } = await ask({ method: 'simple', since: 90, list: { serial: undefined } })
    expect(changes).toMatchObject({ serial: 100, tellsAbsence: true })
  })

  it('upstream went back: everything is compared, nothing is gone', async () => {
    const { changes, lines, asked } = await ask({ last: 95, notes: { upstreamSerial: 100 }, list: { serial: 95 } })
    expect(asked).toEqual(['last', 'list'])
    expect(changes).toMatchObject({ wentBack: true, tellsAbsence: false, serial: 95 })
    expect(lines).toContainEqual(expect.stringContaining('went back from 100 to 95'))
  })

  it('the state files are ahead of upstream: everything is compared, nothing is gone', async () => {
    const { changes, lines } = await ask({ method: 'simple', since: 500, list: { serial: 110 } })
    expect(changes).toMatchObject({ wentBack: true, tellsAbsence: false, serial: 110 })
    expect(lines).toContainEqual(expect.stringContaining('say serial 500, but upstream is only at 110'))
  })
})
