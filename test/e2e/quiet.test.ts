import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { answerWith } from '../helpers/index/index.js'
import { success } from '../upstream/rpc-text.js'
import { createMirror, publish, serveIndex, smallIndex } from './support.js'

const MOST_BYTES = 4096

it.each([
  ['auto', 1],
  ['simple', 1],
  ['xmlrpc', 1],
])('a run in which nothing changed, with api-method = %s: %i request', async (method, requests) => {
  const index = smallIndex(['alpha', 'beta', 'gone'])
  const upstream = await serveIndex(index)
  const mirror = createMirror(upstream.url, `json = true\napi-method = ${method}\n`)
  await mirror.run()
  publish(index, { name: 'beta', version: '2.0' })
  index.deleteProject('gone')
  index.create('empty')
  await mirror.run()
  for (let run = 0; run < 2; run += 1) {
    upstream.asked()
    const { code, log } = await mirror.run()
    expect(code).toBe(0)
    expect(upstream.bytesOut).toBeLessThan(MOST_BYTES)
    expect(upstream.asked(), log).toHaveLength(requests)
  }
})

it('a mirror that bandersnatch 8.0 left costs one list, which tells the serials of its projects', async () => {
  const index = smallIndex(['alpha', 'beta'])
  index.create('empty')
  const upstream = await serveIndex(index)
  const mirror = createMirror(upstream.url, 'simple-api-version = 1.1\n')
  await mirror.run()
  rmSync(join(mirror.directory, '.bandersnatch'), { recursive: true })
  mirror.edit('simple-api-version = 1.1', 'simple-api-version = 1.4')
  upstream.asked()
  await mirror.run()
  // without asking for what 8.0 had no reason to mirror
  expect(upstream.asked()).toEqual(['GET /simple/', 'RPC changelog_last_serial'])
  expect(JSON.parse(mirror.read('web/simple/index.v1_json') ?? '')).toMatchObject({
    projects: ['alpha', 'beta'].map((name) => ({ name, '_last-serial': index.projects.get(name)?.serial })),
  })
  await mirror.run()
  expect(upstream.asked()).toEqual(['RPC changelog_last_serial'])
  mirror.edit('[mirror]', '[mirror]\nreconcile-interval = 0')
  await mirror.run()
  expect(upstream.asked()).toEqual(['GET /simple/', 'RPC changelog_last_serial'])
})

it('the whole list is compared at least once in reconcile-interval hours', async () => {
  const upstream = await serveIndex(smallIndex(['alpha']))
  const mirror = createMirror(upstream.url, 'reconcile-interval = 0\n')
  await mirror.run()
  upstream.asked()
  await mirror.run()
  expect(upstream.asked()).toEqual(['GET /simple/', 'RPC changelog_last_serial'])
  mirror.edit('reconcile-interval = 0', 'reconcile-interval = 1')
  await mirror.run()
  expect(upstream.asked()).toEqual(['RPC changelog_last_serial'])
})

it('the whole list is compared when the last time lies in the future, as a clock that was wrong has it', async () => {
  const upstream = await serveIndex(smallIndex(['alpha']))
  const mirror = createMirror(upstream.url, 'reconcile-interval = 1\n')
  await mirror.run()
  upstream.asked()
  await mirror.run()
  expect(upstream.asked()).not.toContain('GET /simple/')
  const path = join(mirror.directory, '.bandersnatch/state.json')
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(/("reconciledAt":\s*)\d+/, `$1${Date.now() + 999 * 3600 * 1000}`),
  )
  await mirror.run()
  expect(upstream.asked()).toContain('GET /simple/')
})

it('the comparison finds what the runs before it missed, and asks for nothing else', async () => {
  const index = smallIndex(['alpha', 'beta', 'gamma'])
  let hidden = true
  const upstream = await serveIndex(index, {
    onRequest: ({ body }) => {
      if (!hidden || !body.includes('changelog_since_serial')) return 'pass'
      // A transaction that was written after a later one was seen.
      const rows = index.changelog.filter(([name, , , , serial]) => serial > 30_000_012 && name !== 'beta')
      return answerWith(200, { 'content-type': 'text/xml' }, success(rows.map((row) => [...row])))
    },
  })
  const mirror = createMirror(upstream.url, 'reconcile-interval = 1\njson = true\n')
  await mirror.run()
  publish(index, { name: 'beta', version: '2.0' })
  publish(index, { name: 'alpha', version: '2.0' })
  await mirror.run()
  expect(mirror.read('web/json/beta')).not.toContain('2.0')
  hidden = false
  mirror.edit('reconcile-interval = 1', 'reconcile-interval = 0')
  upstream.asked()
  await mirror.run()
  expect(mirror.read('web/json/beta')).toContain('2.0')
  expect(upstream.asked().filter((request) => /alpha|gamma/.test(request))).toEqual([])
})
