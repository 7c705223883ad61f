import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { serveCommand } from '../../src/commands/serve.js'
import type { Log } from '../../src/log/types.js'
import { scratchDirectory, writeConfig } from './mirror.js'

let scratch: ReturnType<typeof scratchDirectory>
let lines: string[]
let stop: AbortController
const running: Promise<number>[] = []
const log: Log = {
  debug: () => undefined,
  info: (line) => void lines.push(line),
  warn: (line) => void lines.push(line),
  error: (line) => void lines.push(line),
}

beforeEach(() => {
  scratch = scratchDirectory()
  lines = []
  stop = new AbortController()
})
afterEach(async () => {
  stop.abort(new Error('the test is over'))
  await Promise.allSettled(running.splice(0))
  scratch.remove()
})

/** A mirror directory with these files below web. */
function mirrorOf(files: Record<string, string>, options = ''): string {
  const { config, directory } = writeConfig(scratch.path, 'https://pypi.example', options)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(directory, 'web', path, '..'), { recursive: true })
    writeFileSync(join(directory, 'web', path), content)
  }
  return config
}

function serve(configPath: string, options: Partial<{ host: string; port: string }> = {}): Promise<number> {
  const ended = serveCommand(
    { configPath, env: {}, log, stop, print: (line) => void lines.push(line) },
    { host: '127.0.0.1', port: '0', ...options },
  )
  running.push(ended)
  return ended
}

async function started(configPath: string): Promise<string> {
  const ended = serve(configPath)
  return Promise.race([
    expect
      .poll(() => lines.join('\n'))
      .toMatch(/at http/)
      .then(() => /http:\S+(?=\/simple)/.exec(lines.join('\n'))?.[0] ?? ''),
    ended.then(() => ''),
  ])
}

const SIMPLE = 'application/vnd.pypi.simple.v1'
const PAGE = '<!DOCTYPE html>\n</html>\n<!--SERIAL 42-->'

describe('serve', () => {
  it('says where, that it is no server for production, and who asked; ends well', async () => {
    const url = await started(mirrorOf({ 'simple/index.html': '' }))
    await fetch(`${url}/simple/`, { headers: { 'user-agent': 'pip/23.2.1 "x\\y\u00e9"' } })
    await expect
      .poll(() => lines)
      .toContainEqual(
        expect.stringMatching(
          /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/simple\/ HTTP\/1\.1" 200 0 "-" "pip\/23\.2\.1 \\"x\\\\y\\xe9\\""$/,
        ),
      )
    expect(lines.join('\n')).toMatch(/in production let nginx or Caddy serve/)
    stop.abort(new Error('SIGINT'))
    expect(await running[0]).toBe(0)
    await expect(fetch(url)).rejects.toThrow()
  })

  it('gives the serial that a page says of itself', async () => {
    const url = await started(
      mirrorOf({
        'simple/index.html': '<html></html>',
        'simple/index.v1_json': '{"meta": {"_last-serial": 99, "api-version": "1.4"}, "projects": []}',
        'simple/foo/index.html': `${'<a>'.repeat(1000)}${PAGE}`,
        'simple/foo/index.v1_json':
          '{"files": [{"filename": "\\"_last-serial\\": 7"}], "meta": {"api-version": "1.1", "_last-serial": "41"}}',
        'simple/bare/index.html': '<html></html>',
        'pypi/foo/json':
          '{\n    "info": {\n        "description": "\\"last_serial\\": 1"\n    },\n    "last_serial": 43\n}',
      }),
    )
    const serial = async (path: string, accept = 'text/html'): Promise<string | null> =>
      (await fetch(url + path, { headers: { accept } })).headers.get('x-pypi-last-serial')
    const json = 'application/vnd.pypi.simple.v1+json'
    expect(await serial('/simple/')).toBe('99')
    expect(await serial('/simple/', json)).toBe('99')
    expect(await serial('/simple/foo/')).toBe('42')
    expect(await serial('/simple/foo/', json)).toBe('41')
    expect(await serial('/simple/bare/')).toBeNull()
    expect(await serial('/pypi/foo/json')).toBe('43')
  })

  it('leads other spellings of a name to the normalized one, with the query', async () => {
    const url = await started(mirrorOf({ 'simple/foo-bar/index.html': PAGE, 'pypi/foo-bar/json': '{}' }))
    const answer = await fetch(`${url}/simple/Foo__Bar?format=text/html`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([301, '/simple/foo-bar/?format=text/html'])
    expect((await fetch(`${url}/pypi/FOO.bar/json`)).url).toBe(`${url}/pypi/foo-bar/json`)
  })

  it('says when the mirror was complete last', async () => {
    const url = await started(mirrorOf({ 'simple/index.html': '', 'last-modified': '20260301T12:00:00\n' }))
    const answer = await fetch(`${url}/last-modified`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8'])
    expect(await answer.text()).toBe('20260301T12:00:00\n')
    expect((await fetch(`${url}/last-modified/`)).status).toBe(404)
  })

  it('honours what a client likes better, and what it does not take', async () => {
    const formats = { html: 'text/html', v1_html: `${SIMPLE}+html`, v1_json: `${SIMPLE}+json` }
    const url = await started(
      mirrorOf(Object.fromEntries(Object.keys(formats).map((end) => [`simple/index.${end}`, '']))),
    )
    const given = async (accept: string): Promise<string | undefined> =>
      (await fetch(`${url}/simple/`, { headers: { accept } })).headers.get('content-type')?.replace(/;.*/, '')
    for (const [accept, type] of [
      [`${formats.v1_json};q=0.2, ${formats.html};q=0.9`, formats.html],
      [`${formats.v1_json};q=0.9, ${formats.html};q=0.2`, formats.v1_json],
      [`${formats.v1_html};q=0.5, ${formats.v1_json};q=0.4, */*;q=0.1`, formats.v1_html],
      [`*/*;q=0.5, ${formats.html};q=0, ${formats.v1_html};q=0`, formats.v1_json],
    ] as const) {
      expect(await given(accept), accept).toBe(type)
    }
  })

  it('takes GET and HEAD alone', async () => {
    const url = await started(mirrorOf({ 'simple/index.html': '' }))
    const answer = await fetch(`${url}/simple/`, { method: 'POST', body: 'x' })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it.each([
    'GET //\r\n',
    'GET http://elsewhere/status HTTP/1.1\r\nHost: x\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n',
    '\0\r\n\r\n',
  ])('survives %j', async (bytes) => {
    const url = await started(mirrorOf({ 'simple/index.html': '' }))
    const socket = createConnection(Number(new URL(url).port), '127.0.0.1')
    socket.end(bytes)
    expect(await text(socket)).toMatch(/^(HTTP\/1.1 40\d|$)/)
    expect((await fetch(`${url}/simple/`)).status).toBe(200)
  })

  it('goes on when the mirror changes or goes', async () => {
    const config = mirrorOf({ 'simple/foo/index.html': PAGE })
    const url = await started(config)
    rmSync(join(scratch.path, 'mirror', 'web'), { recursive: true })
    expect((await fetch(`${url}/simple/foo/`)).status).toBe(404)
  })

  it('refuses in one line what it cannot serve', async () => {
    const config = mirrorOf({ 'packages/x': '' })
    await expect(serve(config)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/is not a mirror: .*web\/simple/) as string,
    })
    rmSync(join(scratch.path, 'mirror'), { recursive: true })
    await expect(serve(config)).rejects.toMatchObject({ exitCode: 2 })
    const s3 = mirrorOf({ 'simple/index.html': '' }, 'storage-backend = s3\n[s3]\nendpoint_url = http://127.0.0.1:1\n')
    await expect(serve(s3)).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('S3') as string })
  })

  it('refuses a port or host that it cannot have', async () => {
    const config = mirrorOf({ 'simple/index.html': '' })
    const port = new URL(await started(config)).port
    await expect(serve(config, { port })).rejects.toMatchObject({
      exitCode: 2,
      message: `cannot serve on 127.0.0.1 port ${port}: the port is in use`,
    })
    for (const wrong of ['', 'x', '-1', '65536', '80.5', '99999999']) {
      await expect(serve(config, { port: wrong })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining('--port') as string,
      })
    }
    await expect(serve(config, { host: '192.0.2.1' })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('192.0.2.1') as string,
    })
  })
})
