import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { advisoriesCommand } from '../../src/commands/advisories.js'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { verifyCommand } from '../../src/commands/verify.js'
import { BandersnatchError, errorText } from '../../src/errors.js'
import { startServer } from '../../src/serve/server.js'
import { record, zipOf } from '../advisories/support.js'
import { createPackageIndex, startIndex, wheel } from '../helpers/index/index.js'
import type { PackageIndex } from '../helpers/index/index.js'
import { importInstalled, pipInstall } from '../helpers/index/pip.js'
import { recorder, serve } from '../upstream/support.js'
import { createMirror } from './support.js'
import type { TestMirror } from './support.js'

const PYTHON = process.env['PYTHON'] ?? 'python3'
const DAY = 24 * 3600_000
const daysAgo = (days: number): number => Date.now() - days * DAY

function publish(index: PackageIndex, name: string, ...versions: string[]): void {
  for (const version of versions) index.publish(name, version, [wheel({ name, version })])
}

/** What pip installs of a project from a mirror. */
async function installed(mirror: TestMirror, name: string): Promise<string> {
  const target = mkdtempSync(join(tmpdir(), 'withheld-'))
  const server = await startServer(
    { directory: mirror.directory, hashIndex: false, log: recorder(), access: () => undefined },
    { host: '127.0.0.1', port: 0 },
  )
  try {
    const wanted = { python: PYTHON, indexUrl: `${server.url}/simple`, target, packages: [name] }
    const { code, output } = await pipInstall(wanted)
    return code === 0 ? (await importInstalled(wanted)).output : output
  } finally {
    await server.close()
    rmSync(target, { recursive: true, force: true })
  }
}

describe('release_age', () => {
  it('shows pip the older version while the younger is held, and exempt lets it through', async () => {
    let now = daysAgo(60)
    const index = createPackageIndex({ clock: () => now })
    publish(index, 'sample', '1.0')
    now = daysAgo(3)
    publish(index, 'sample', '2.0')
    const upstream = await startIndex(index)
    onTestFinished(() => upstream.close())
    const mirror = createMirror(
      upstream.url,
      'json = true\n[plugins]\nenabled = release_age\n[release_age]\nmin_days = 7\n',
    )
    expect((await mirror.run()).code).toBe(0)
    expect(JSON.parse(mirror.read('web/simple/sample/index.v1_json') ?? '')).toMatchObject({ versions: ['1.0'] })
    expect(await installed(mirror, 'sample')).toContain('sample 1.0 imported')
    mirror.edit('min_days = 7', 'min_days = 7\nexempt = sample==2.0')
    expect((await mirror.run()).code).toBe(0)
    expect(JSON.parse(mirror.read('web/simple/sample/index.v1_json') ?? '')).toMatchObject({ versions: ['1.0', '2.0'] })
    expect(await installed(mirror, 'sample')).toContain('sample 2.0 imported')
  })
})

/** A server of a database that can be changed. It counts the requests, by status. */
async function startDatabase(): Promise<{
  readonly url: string
  readonly statuses: number[]
  publish(...records: string[]): void
  answer(status: number, body?: string): void
}> {
  let status = 200
  let body: string | Buffer = ''
  let version = 0
  const statuses: number[] = []
  const { url } = await serve((request, response) => {
    const known = status === 200 && request.headers['if-none-match'] === `"${version}"`
    statuses.push(known ? 304 : status)
    response.writeHead(known ? 304 : status, { etag: `"${version}"` }).end(known ? undefined : body)
  })
  return {
    url: `${url}/PyPI/all.zip`,
    statuses,
    publish(...records) {
      const others = ['x', 'y', 'z'].map((name, at) => record(`MAL-2020-${at}`, `other-${name}`))
      const entries = [...others, ...records].map((text) => ({
        name: `${/"id":"([^"]+)"/.exec(text)?.[1]}.json`,
        text,
      }))
      ;[status, body, version] = [200, zipOf(entries), version + 1]
    },
    answer: (code, text = '') => void ([status, body, version] = [code, text, version + 1]),
  }
}

describe('osv_malware', () => {
  async function scene(more = ''): Promise<{
    readonly mirror: TestMirror
    readonly database: Awaited<ReturnType<typeof startDatabase>>
    readonly requests: () => string[]
    readonly run: (days?: number) => Promise<{ code: number; log: string }>
  }> {
    const index = createPackageIndex()
    publish(index, 'sample', '1.0', '2.0')
    publish(index, 'evil', '1.0')
    publish(index, 'good', '1.0')
    const upstream = await startIndex(index)
    onTestFinished(() => upstream.close())
    const database = await startDatabase()
    database.publish()
    const osv = `[plugins]\nenabled = osv_malware\n[osv]\ndatabase = ${database.url}\n${more}`
    const mirror = createMirror(
      upstream.url,
      `json = true\nsimple-api-version = 1.1\nreconcile-interval = 100000\n${osv}`,
    )
    return {
      mirror,
      database,
      requests: () => {
        const made = [...upstream.requests.keys()]
        upstream.reset()
        return made
      },
      run: async (days = 0) => {
        try {
          const now = (): Date => new Date(Date.now() + days * DAY)
          const code = await mirrorCommand(
            { ...mirror.setting, now },
            { forceCheck: false, allowRemovals: false, retryFailed: false },
          )
          return { code, log: '' }
        } catch (error) {
          if (error instanceof BandersnatchError) return { code: error.exitCode, log: errorText(error) }
          throw error
        }
      },
    }
  }
  const listed = (mirror: TestMirror): string[] =>
    ['evil', 'good', 'sample'].filter((name) => mirror.read('web/simple/index.html')?.includes(`"${name}/"`))
  const shows = (mirror: TestMirror, version: string): boolean =>
    mirror.read('web/simple/sample/index.html')?.includes(`sample-${version}`) === true

  it('blocks a version and a project in the run after the record, and brings them back when it is withdrawn', async () => {
    const { mirror, database, requests, run } = await scene()
    expect((await run()).code).toBe(0)
    expect([listed(mirror), shows(mirror, '2.0')]).toEqual([['evil', 'good', 'sample'], true])
    expect(database.statuses).toEqual([200])
    requests()

    expect((await run()).code).toBe(0)
    expect(database.statuses).toEqual([200, 304])
    expect(requests()).toEqual(['RPC changelog_last_serial'])

    const bad = [record('MAL-2026-1', 'evil'), record('MAL-2026-2', 'sample', { versions: ['2.0'] })]
    database.publish(...bad)
    expect((await run()).code).toBe(0)
    expect([listed(mirror), shows(mirror, '2.0'), shows(mirror, '1.0')]).toEqual([['good', 'sample'], false, true])
    expect(database.statuses).toEqual([200, 304, 200])
    expect(requests()).toEqual(['RPC changelog_last_serial'])
    expect(await installed(mirror, 'sample')).toContain('sample 1.0 imported')
    expect(await installed(mirror, 'evil')).toMatch(/No matching distribution/)

    expect(
      await verifyCommand(mirror.setting, {
        delete: true,
        dryRun: false,
        jsonUpdate: true,
        restart: true,
        yes: true,
        workers: 0,
        attestations: false,
      }),
    ).toBe(0)
    expect([listed(mirror), shows(mirror, '2.0')]).toEqual([['good', 'sample'], false])
    requests()

    database.publish(
      record('MAL-2026-1', 'evil', {}, { withdrawn: '2026-01-01T00:00:00Z' }),
      record('MAL-2026-2', 'sample', { versions: ['2.0'] }, { withdrawn: '2026-01-01T00:00:00Z' }),
    )
    expect((await run()).code).toBe(0)
    expect([listed(mirror), shows(mirror, '2.0')]).toEqual([['evil', 'good', 'sample'], true])
  })

  it('goes on with the last copy when the database fails, and says so from max-age on', async () => {
    const { mirror, database, run } = await scene('max-age = 2\n')
    database.publish(record('MAL-2026-1', 'evil'))
    expect((await run()).code).toBe(0)
    for (const [status, body] of [
      [500, ''],
      [200, 'this is no archive'],
      [404, ''],
    ] as const) {
      database.answer(status, body)
      expect((await run(1)).code).toBe(0)
      expect(listed(mirror)).toEqual(['good', 'sample'])
    }
    expect((await run(3)).code).toBe(1)
    expect(listed(mirror)).toEqual(['good', 'sample'])
    database.publish(record('MAL-2026-1', 'evil'))
    expect((await run(3)).code).toBe(0)
  })

  it('refuses a database that lost half of its records', async () => {
    const { mirror, database, run } = await scene()
    const bad = Array.from({ length: 9 }, (_, at) => record(`MAL-2026-${at}`, at === 0 ? 'evil' : `evil-${at}`))
    database.publish(...bad)
    await run()
    database.publish()
    expect((await run()).code).toBe(0)
    expect(listed(mirror)).toEqual(['good', 'sample'])
  })

  it('mirrors nothing without a database and a copy', async () => {
    const { mirror, database, run } = await scene()
    database.answer(404)
    const { code, log } = await run()
    expect(code).toBe(1)
    expect(log).toMatch(
      /^the advisories of http.* cannot be used and there is no stored copy: .*Nothing is mirrored without/,
    )
    expect(mirror.read('web/simple/index.html')).toBeUndefined()
  })

  it('is listed by the command advisories', async () => {
    const { mirror, database, run } = await scene('ignore = good\n')
    database.publish(
      record('MAL-2026-1', 'evil'),
      record('MAL-2026-2', 'sample', { versions: ['2.0'] }),
      record('MAL-2026-3', 'good'),
    )
    await run()
    const printed: string[] = []
    const setting = { ...mirror.setting, print: (text: string) => void printed.push(text) }
    await advisoriesCommand(setting, { names: [], all: false, json: false })
    expect(printed.pop()).toMatch(
      /^evil {4}MAL-2026-1 {2}all versions\nsample {2}MAL-2026-2 {2}2\.0\n6 advisories of http.*all\.zip, read \d{4}-.* UTC$/,
    )
    await advisoriesCommand(setting, { names: ['Sample', 'good'], all: false, json: true })
    expect(JSON.parse(printed.pop() ?? '')).toMatchObject({
      counts: { advisories: 6 },
      advisories: [{ project: 'sample', id: 'MAL-2026-2', url: 'https://osv.dev/vulnerability/MAL-2026-2' }],
    })
    await advisoriesCommand(setting, { names: [], all: true, json: true })
    expect(printed.pop()).toContain('other-x')
  })
})
