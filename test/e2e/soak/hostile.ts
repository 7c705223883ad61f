import * as fs from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { JSON_TYPE } from '../../helpers/index/accept.js'
import { answerWith, generateIndex } from '../../helpers/index/index.js'
import type { Answer, HookedRequest, PackageIndex, Reaction } from '../../helpers/index/index.js'
import { toJson } from '../../helpers/index/json.js'
import { HOSTILE_NAMES, LOOT, hostileDocuments } from './hostile-documents.js'
import type { HostileDocument } from './hostile-documents.js'
import { createInspector, filesBelow, readStatus } from './inspect.js'
import { foreignMarkup, pagesOf, readDirectory } from './pages.js'
import { run, strayLines } from './program.js'
import { inLanes, megabytes } from './size.js'
import type { Soak } from './size.js'
import { photograph, smallStage } from './stage.js'
import type { Stage } from './stage.js'
import { truthOf } from './truth.js'
import type { Known } from './truth.js'

const MB = 1 << 20
const GOOD = 20
const AT_ONCE = 50
/** Runs at the same time: they mostly wait. */
const LANES = 3

/** Four hundred megabytes of spaces in four hundred kilobytes. */
const BOMB = gzipSync(Buffer.alloc(400 * MB, 0x20))

function pour(response: ServerResponse): void {
  const piece = Buffer.alloc(64 * 1024, 0x20)
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', more).on('error', () => undefined)
  more()
}

function jsonAnswer(text: string | Buffer): Answer {
  return answerWith(200, { 'content-type': 'application/json' }, text)
}

/** A document that is right but for its size; `filler` goes into its info, `files` into its release. */
function rightDocument(name: string, filler: string, files = ''): string {
  return `{"info":{"name":"${name}","x":${filler}},"releases":{"1.0":[${files}]},"last_serial":99999999}`
}

function documentAnswer({ name, manner, json }: HostileDocument, base: string): Reaction {
  const text = toJson(json).replaceAll('@BASE@', base)
  switch (manner) {
    case 'plain':
      return jsonAnswer(text)
    case 'bomb':
      return answerWith(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }, BOMB)
    case 'endless':
      return (response) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        pour(response)
      }
    case 'html':
      return answerWith(200, { 'content-type': 'text/html' }, '<html>Please sign in')
    case 'another project':
      return jsonAnswer(rightDocument('project-00001', '0'))
    case 'deep':
      return jsonAnswer(rightDocument(name, '['.repeat(100_000) + ']'.repeat(100_000)))
    case 'deep releases':
      return jsonAnswer(
        `{"info":{"name":"${name}"},"last_serial":99999999,"releases":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`,
      )
    case 'long string':
      return jsonAnswer(rightDocument(name, `"${'a'.repeat(20 * MB)}"`))
    case 'dense':
      return jsonAnswer(rightDocument(name, `[${'[],'.repeat(2 * MB)}0]`))
    case 'many files':
      return jsonAnswer(rightDocument(name, '0', `${'{"filename":"..","url":"x","digests":{}},'.repeat(50_000)}0`))
    case 'cut':
      return jsonAnswer(text.slice(0, text.length / 2))
    case 'not an object':
      return jsonAnswer('[[["x"]]]')
  }
}

/** Good projects among hostile ones. What is asked for at no known address is the loot, or two gigabytes of it. */
export function reaction(
  request: HookedRequest,
  index: PackageIndex,
  documents: ReadonlyMap<string, HostileDocument>,
): Reaction {
  const { path, headers, usual } = request
  const base = `http://${headers.host}`
  if (path === '/simple/') return jsonList(index, documents)
  const [, kind, name] = /^\/(pypi|simple)\/([^/]+)\/(?:json)?$/.exec(path) ?? []
  const document = documents.get(name ?? '')
  if (document !== undefined && kind === 'pypi') return documentAnswer(document, base)
  if (document !== undefined) {
    return answerWith(200, { 'content-type': JSON_TYPE }, toJson(document.page).replaceAll('@BASE@', base))
  }
  const answer = usual()
  if (answer.status !== 404 || !path.startsWith('/packages/')) return answer
  // Every third of those addresses goes on and on, whatever was announced.
  if (path.length % 3 > 0) return answerWith(200, {}, LOOT)
  return (response) => {
    response.writeHead(200, path.length % 2 === 0 ? { 'content-length': String(2 ** 31) } : {})
    pour(response)
  }
}

function jsonList(index: PackageIndex, documents: ReadonlyMap<string, HostileDocument>): Answer {
  const good = [...index.projects.values()].map(({ name, serial }) => ({ name, '_last-serial': serial }))
  const evil = [...documents.keys()].map((name) => ({ name, '_last-serial': 1 }))
  const names = HOSTILE_NAMES.map((name) => ({ name, '_last-serial': 2 }))
  const serials = [2 ** 63, -1, '3', 1.5, null].map((serial, at) => ({ name: `serial-${at}`, '_last-serial': serial }))
  const meta = { '_last-serial': index.serial, 'api-version': '1.4' }
  return answerWith(
    200,
    { 'content-type': JSON_TYPE },
    toJson({ meta, projects: [...evil, ...names, ...serials, ...good] }),
  )
}

/** Documents that somebody wrote who wishes the mirror ill. */
export function hostileSection(soak: Soak): void {
  describe('hostile documents', () => {
    it('let nothing out, nothing in, and the good projects through', { timeout: 900_000 }, async () => {
      const count = soak.pick(AT_ONCE, 1000)
      let slowest = 0
      let largest = 0
      let refused = 0
      const seeds = Array.from({ length: count / AT_ONCE }, (_, at) => soak.seed * 1000 + at)
      await inLanes(LANES, seeds, async (seed, at) => {
        const { ms, peakMemory, stderr } = await meet(seed, { newApi: at % 2 === 0, patience: soak.pick(3, 10) })
        slowest = Math.max(slowest, ms)
        largest = Math.max(largest, peakMemory)
        refused += stderr.match(/[Rr]efus/g)?.length ?? 0
      })
      soak.say(
        'hostile',
        `${count} documents in ${count / AT_ONCE} runs: ${(slowest / 1000).toFixed(1)} s and ${megabytes(largest)} of memory at most, ` +
          `${refused} refusals logged, ${GOOD} of ${GOOD} good projects mirrored each time`,
      )
      expect(slowest).toBeLessThan(60_000)
      expect(largest).toBeLessThan(400 * MB)
    })
  })
}

/** `patience`: seconds that one request may take with all its attempts. */
async function meet(
  seed: number,
  { newApi, patience }: { readonly newApi: boolean; readonly patience: number },
): Promise<Awaited<ReturnType<typeof run>>> {
  const index = generateIndex({ projects: GOOD, filesPerProject: 2, seed })
  const documents = new Map(hostileDocuments(AT_ONCE, seed, 5).map((document) => [document.name, document]))
  const stage = await smallStage('hostile', {
    index,
    mirror: {
      json: 'true',
      timeout: 2,
      'global-timeout': patience,
      workers: 5,
      'simple-api-version': newApi ? '1.4' : '1.1',
    },
  })
  stage.hook = (request) => reaction(request, index, documents)
  const outside = photograph(stage.base, [stage.mirror])
  const ended = await run(['-c', stage.config, 'mirror'])
  expect(ended.code, ended.stderr.slice(-2000)).toBe(1)
  expect(strayLines(ended.stderr)).toEqual([])
  expect(photograph(stage.base, [stage.mirror])).toEqual(outside)
  expect(
    ['/tmp/soak-escaped', '/soak-escaped', join(stage.base, '..', 'soak-escaped')].filter((path) =>
      fs.existsSync(path),
    ),
  ).toEqual([])
  expectOnlyOwnFiles(stage)
  expectGood(stage)
  // One line a message: whoever names a project cannot write lines of the log.
  expect(
    ended.stderr
      .split('\n')
      .filter((line) => line !== '' && !/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+: /.test(line)),
  ).toEqual([])

  expect(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]/.exec(ended.stderr)?.[0]).toBeUndefined()
  return ended
}

/** In the mirror there is only what belongs there: loot under packages, pages of projects that have names. */
function expectOnlyOwnFiles({ mirror, index }: Stage): void {
  const strange: string[] = []
  const normal = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/
  for (const key of filesBelow(mirror, 'web')) {
    const [, area = '', ...rest] = key.split('/')
    const fits =
      area === 'packages'
        ? rest.length > 0
        : area === 'simple'
          ? (rest.length === 1 || normal.test(rest[0] ?? '')) &&
            /^index\.(?:html|v1_html|v1_json)$/.test(rest.at(-1) ?? '') &&
            rest.length < 3
          : area === 'json'
            ? rest.length === 1 && normal.test(rest[0] ?? '')
            : area === 'pypi'
              ? rest.length === 2 && normal.test(rest[0] ?? '') && rest[1] === 'json'
              : key === 'web/last-modified'
    if (!fits) strange.push(key)
  }
  for (const { name } of readDirectory(mirror)) {
    if (!['status', 'todo', 'generation', 'web', '.bandersnatch'].includes(name)) strange.push(name)
  }
  expect(strange).toEqual([])
  expect(fs.readFileSync(join(mirror, 'generation'), 'utf8')).toBe('5')
  const status = readStatus(mirror)
  if (status !== undefined) expect(status).toBeLessThanOrEqual(index.serial)
  const markup: string[] = []
  const roots = ['index.html', 'index.v1_html'].map((name) => ({ path: join(mirror, 'web/simple', name) }))
  for (const { path } of [...pagesOf(mirror), ...roots]) {
    const text = fs.readFileSync(path, 'utf8')
    if (path.endsWith('json')) JSON.parse(text)
    else markup.push(...foreignMarkup(text).map((found) => `${path}: ${found}`))
  }
  expect(markup).toEqual([])
}

function expectGood({ mirror, index }: Stage): void {
  const known: Known = new Map()
  const truth = truthOf(index, known)
  const loot = createInspector(mirror, { known, truths: new Map([[truth.serial, truth]]) })
  const goodNames = [...truth.projects.keys()]
  expect(loot.missing(truth).filter((what) => goodNames.some((name) => what.includes(name)))).toEqual([])
  const wrong: string[] = []
  for (const key of filesBelow(mirror, 'web/packages')) {
    if (known.has(key)) continue
    if (!fs.readFileSync(join(mirror, key)).equals(LOOT)) wrong.push(key)
  }
  expect(wrong).toEqual([])
}
