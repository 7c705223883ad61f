import * as fs from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listen, stop } from '../../helpers/faulty-upstream.js'
import { answerWith, generateIndex } from '../../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../../helpers/index/index.js'
import { filesBelow } from './inspect.js'
import { start, strayLines, writeConfig } from './program.js'
import type { Ended } from './program.js'
import type { Soak } from './size.js'
import { silence, smallStage } from './stage.js'

const SECRET = 'hunter2/Zz9'
const USERINFO = `admin:${encodeURIComponent(SECRET)}`
/** The secret as it stands, in a URL and in a header. */
const TRACES = ['hunter2', Buffer.from(`admin:${SECRET}`).toString('base64').slice(0, 12)]

interface Case {
  readonly what: string
  /** what shows that the run came so far */
  readonly exit: number
  readonly hook?: (request: HookedRequest) => Reaction
  /** `@` stands for host and port of the index, `#` for those of a server that answers `elsewhere` */
  readonly mirror?: Record<string, string>
  readonly more?: string
  readonly elsewhere?: RequestListener
  readonly args?: readonly string[]
  readonly signal?: true
}

const AUTHORIZED = { master: `http://${USERINFO}@@` }
const answered =
  (status: number): RequestListener =>
  (_, res) =>
    void res.writeHead(status, { 'proxy-authenticate': 'Basic' }).end()
const file = ({ path }: HookedRequest): boolean => path.startsWith('/packages/')

/** Runs that hold a secret and fail, at every stage. */
const CASES: readonly Case[] = [
  { what: 'the master, all well', exit: 0, mirror: AUTHORIZED },
  { what: 'the master, which refuses', exit: 7, mirror: AUTHORIZED, hook: () => answerWith(401, {}) },
  {
    what: 'the master, whose list is no list',
    exit: 7,
    mirror: AUTHORIZED,
    hook: () => answerWith(200, { 'content-type': 'text/html' }, '<html>'),
  },
  { what: 'the master, which nobody reaches', exit: 7, mirror: { master: `http://${USERINFO}@127.0.0.1:1` } },
  { what: 'the master, which speaks no TLS', exit: 7, mirror: { master: `https://${USERINFO}@@` } },
  {
    what: 'the master, whose metadata is forbidden',
    exit: 1,
    mirror: AUTHORIZED,
    hook: ({ path }) => (/^\/(?:pypi|simple)\/./.test(path) ? answerWith(403, {}) : 'pass'),
  },
  {
    what: 'the master, whose files are cut',
    exit: 1,
    mirror: AUTHORIZED,
    hook: (request) => (file(request) ? { ...request.usual(), cutAfter: 5 } : 'pass'),
  },
  {
    what: 'the master, whose files are wrong',
    exit: 1,
    mirror: AUTHORIZED,
    hook: (request) => (file(request) ? answerWith(200, {}, 'x') : 'pass'),
  },
  {
    what: 'the master, which redirects elsewhere',
    exit: 1,
    mirror: AUTHORIZED,
    hook: (request) =>
      file(request) ? answerWith(302, { location: `http://${USERINFO}@#/x?token=${SECRET}` }) : 'pass',
    elsewhere: answered(404),
  },
  {
    what: 'the master, which redirects in a circle',
    exit: 7,
    mirror: AUTHORIZED,
    hook: ({ path }) => answerWith(302, { location: `http://${USERINFO}@@${path}?token=${SECRET}` }),
  },
  {
    what: 'the master, which redirects to ftp',
    exit: 7,
    mirror: AUTHORIZED,
    hook: () => answerWith(302, { location: `ftp://${USERINFO}@host/x?token=${SECRET}` }),
  },
  {
    what: 'the master, while a signal comes',
    exit: 143,
    mirror: AUTHORIZED,
    hook: (request) => (file(request) ? silence : 'pass'),
    signal: true,
  },
  { what: 'an HTTP proxy that nobody reaches', exit: 7, mirror: { proxy: `http://${USERINFO}@127.0.0.1:1` } },
  { what: 'an HTTP proxy that refuses', exit: 7, mirror: { proxy: `http://${USERINFO}@#` }, elsewhere: answered(407) },
  {
    what: 'an HTTP proxy that refuses a tunnel',
    exit: 7,
    mirror: { proxy: `http://${USERINFO}@#`, master: 'https://index.invalid' },
    elsewhere: answered(407),
  },
  {
    what: 'a SOCKS proxy that is none',
    exit: 7,
    mirror: { proxy: `socks5://${USERINFO}@#` },
    elsewhere: answered(200),
  },
  { what: 'a SOCKS proxy that nobody reaches', exit: 7, mirror: { proxy: `socks4://${USERINFO}@127.0.0.1:1` } },
  {
    what: 'a download mirror without files',
    exit: 0,
    mirror: { 'download-mirror': `http://${USERINFO}@#` },
    elsewhere: answered(404),
  },
  {
    what: 'a download mirror with wrong files',
    exit: 1,
    mirror: { 'download-mirror': `http://${USERINFO}@#`, 'download-mirror-no-fallback': 'true' },
    elsewhere: answered(200),
  },
  {
    what: 'a bucket that nobody reaches',
    exit: 5,
    mirror: { 'storage-backend': 's3', directory: '/bucket' },
    more: `[s3]\nendpoint_url = http://127.0.0.1:1\naws_access_key_id = ${SECRET}\naws_secret_access_key = ${SECRET}\nregion_name = x\nmax_attempts = 1\n`,
  },
  {
    what: 'a bucket that refuses',
    exit: 5,
    mirror: { 'storage-backend': 's3', directory: '/bucket' },
    more: `[s3]\nendpoint_url = http://#\naws_access_key_id = ${SECRET}\naws_secret_access_key = ${SECRET}\nregion_name = x\nmax_attempts = 1\n`,
    elsewhere: answered(403),
  },
  { what: 'a configuration that is wrong', exit: 2, mirror: { proxy: `gopher://${USERINFO}@host` } },
]

/** Credentials of proxies, buckets and URLs in whatever is written. */
export function secretsSection(soak: Soak): void {
  describe('secrets are never written down', () => {
    const chosen = soak.some(CASES, 5)
    it.each(chosen.map((each) => [each.what, each] as const))('those of %s', { timeout: 180_000 }, async (_, each) => {
      const headers: unknown[] = []
      const other = createServer((req, res) => {
        headers.push(req.headers.authorization)
        each.elsewhere?.(req, res)
      })
      const port = await listen(other)
      onTestFinished(() => stop(other))
      const stage = await smallStage('secrets', { index: generateIndex({ projects: 1, filesPerProject: 1 }) })
      const fill = (text: string): string =>
        text.replaceAll(/(?<=[@/])@/g, `127.0.0.1:${stage.server.port}`).replaceAll('#', `127.0.0.1:${port}`)
      const options = Object.entries(each.mirror ?? {}).map(([name, value]): [string, string] => [
        name,
        fill(value).replaceAll('%', '%%'),
      ])
      const config = writeConfig(
        stage.config,
        {
          directory: stage.mirror,
          master: stage.server.url,
          'global-timeout': 2,
          ...Object.fromEntries(options),
        },
        fill(each.more ?? '').replaceAll('%', '%%'),
      )
      const asked = new Promise<void>((resolve) => {
        stage.hook = (request) => {
          const reaction = each.hook?.(request) ?? 'pass'
          if (typeof reaction === 'function') resolve()
          if (typeof reaction !== 'object') return reaction
          return {
            ...reaction,
            headers: {
              ...reaction.headers,
              ...('location' in reaction.headers ? { location: fill(String(reaction.headers['location'])) } : {}),
            },
          }
        }
      })
      for (const level of each.signal || !soak.full ? ['--debug'] : ['--debug', '--verbose']) {
        const running = start([level, '--summary-json', join(stage.base, 'summary'), '-c', config, 'mirror'])
        if (each.signal) await asked
        if (each.signal) running.kill('SIGTERM')
        const ended = await running.ended
        expect(ended.code, ended.stderr.slice(-1500)).toBe(each.exit)
        expectNothing(ended)
      }
      // The run's summary, too. The configuration alone may have them.
      for (const key of filesBelow(stage.base, '')) {
        const text = key === '/conf' ? '' : fs.readFileSync(join(stage.base, key), 'latin1')
        for (const trace of TRACES) expect(text.includes(trace), `${trace} in ${key}`).toBe(false)
      }
      // What was meant for one host goes to no other by way of a redirect.
      if (each.mirror === AUTHORIZED) expect(headers.filter((header) => header !== undefined)).toEqual([])
    })
  })
}

function expectNothing({ stdout, stderr }: Ended): void {
  expect(stderr).not.toBe('')
  for (const trace of TRACES) expect(`${stdout}${stderr}`).not.toContain(trace)
  expect(strayLines(stderr).filter((line) => !line.includes('DEBUG'))).toEqual([])
}
