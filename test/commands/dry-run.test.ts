import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dryRunCommand } from '../../src/commands/dry-run.js'
import { EXIT } from '../../src/errors.js'
import { answerWith, startIndex } from '../helpers/index/index.js'
import type { HookedRequest, RunningIndex } from '../helpers/index/index.js'
import { indexOf, publish } from '../helpers/engine.js'
import { bench } from './support.js'

/** More than any disk of a test machine has: 4 PB. */
const BYTES = 4e15

let index: RunningIndex
let large = false

beforeAll(async () => {
  const packages = indexOf()
  publish(packages, 'one', '1.0')
  index = await startIndex(packages, { onRequest: (request) => (large ? enlarged(request) : 'pass') })
})
afterAll(() => index.close())

/** The usual answer, in which every file is large. */
function enlarged(request: HookedRequest): ReturnType<typeof answerWith> {
  const { status, headers, body } = request.usual()
  const bytes = body.read(0, body.size)
  const text = (headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
  const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(?:etag|content-encoding)$/.test(name)))
  return answerWith(status, rest, text.replace(/"size": ?\d+/g, `"size": ${BYTES}`))
}

it('a dry run exits with 1 where the files do not fit, and with 0 where they do', async () => {
  const plan = { forceCheck: false, allowRemovals: false, retryFailed: false, quick: false, json: false, explain: [] }
  const fits = bench(index.url)
  expect(await dryRunCommand(fits.setting, plan)).toBe(EXIT.ok)
  large = true
  const lacks = bench(index.url)
  expect(await dryRunCommand(lacks.setting, plan)).toBe(EXIT.incomplete)
  expect(lacks.printed()).toContain('Does not fit: 4.00 PB to fetch')
})
