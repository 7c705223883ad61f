import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StorageError } from '../../../src/errors.js'
import { createFetchThread } from '../../../src/mirror/fetch-thread/start.js'
import type { FetchThread } from '../../../src/mirror/fetch-thread/types.js'
import { runMirror } from '../../../src/mirror/mirror.js'
import type { Engine } from '../../helpers/engine.js'
import { engine, indexOf, listedNames, serveTestIndex } from '../../helpers/engine.js'

const HTTP = { userAgent: 'test', timeout: 2, globalTimeout: 60, workers: 10, allowNonHttps: true }

/** A thread whose script does this with `message` for each project. */
function threadOf(run: Engine, body: string): FetchThread {
  const directory = mkdtempSync(join(tmpdir(), 'fetch-thread-'))
  const script = join(directory, 'thread.mjs')
  writeFileSync(
    script,
    `import { parentPort } from 'node:worker_threads'
const done = { files: 1, bytes: 2, counts: { requests: 3, retries: 4, bytes: 5 } }
const answer = (message, more) => parentPort.postMessage({ id: message.id, answer: { done, ...more } })
parentPort.on('message', (message) => { ${body} })\n`,
  )
  const { config, http, log, report } = run
  const thread = createFetchThread({ config, http, httpOptions: HTTP, log, verbose: false, report, script })
  onTestFinished(async () => {
    await thread?.close()
    rmSync(directory, { recursive: true })
  })
  if (thread === undefined) throw new Error('there is no second core')
  thread.expect(100)
  // The few projects of a test are enough.
  return { ...thread, expect: () => undefined }
}

const fetching = async (thread: FetchThread): ReturnType<FetchThread['fetch']> => thread.fetch([], { cautious: false })

describe.runIf(availableParallelism() > 1)('the thread that fetches files', () => {
  it.each([
    ['ends', 'process.exit(1)', 'it ended'],
    ['throws', `throw new Error('out of memory')`, 'out of memory'],
  ])('%s: its files are fetched by the main thread, and the run goes on', async (_, body, reason) => {
    const server = await serveTestIndex(indexOf('one', 'two', 'three'))
    const options = { url: server.url, mirror: 'workers = 4' }
    const plain = await engine(options)
    const fetchThread = threadOf(plain, body)
    const run: Engine = { ...plain, fetchThread }
    expect(fetchThread.takes()).toBe(true)
    await runMirror(run, { forceCheck: false, allowRemovals: false, retryFailed: false })
    expect(listedNames(run)).toEqual(['one', 'three', 'two'])
    expect(run.keys(/packages/)).toHaveLength(6)
    expect(run.report.failures).toEqual([])
    expect(run.lines.filter((line) => line.includes('second thread'))).toEqual([
      `The second thread, which fetches files, failed: ${reason}. The main thread fetches the rest`,
    ])
    expect(fetchThread.takes()).toBe(false)
  })

  it('has what it did counted, and its lines logged', async () => {
    const run = await engine({ mirror: 'workers = 4' })
    const thread = threadOf(
      run,
      `parentPort.postMessage({ note: { level: 'warn', line: 'a line' } })
      answer(message, { outcome: { fetched: ['key'], failed: new Map([['other', 'why']]) } })`,
    )
    expect(await fetching(thread)).toEqual({ fetched: ['key'], failed: new Map([['other', 'why']]) })
    expect(run.report).toMatchObject({ filesFetched: 1, bytesFetched: 2 })
    expect(run.http.counts).toMatchObject({ requests: 3, retries: 4, bytes: 5 })
    expect(run.lines).toContain('a line')
  })

  it('fails as its storage fails, and with its bugs', async () => {
    const run = await engine({ mirror: 'workers = 4' })
    const failing = (storage: boolean): FetchThread =>
      threadOf(run, `answer(message, { failure: 'full', of: ${storage ? "'storage'" : "'program'"} })`)
    await expect(fetching(failing(true))).rejects.toBeInstanceOf(StorageError)
    await expect(fetching(failing(false))).rejects.not.toBeInstanceOf(StorageError)
    expect(run.report.filesFetched).toBe(2)
  })

  it('takes as many projects at a time as it has connections, and is told when to stop', async () => {
    const run = await engine({ mirror: 'workers = 4' })
    const thread = threadOf(
      run,
      `globalThis.first ??= message; if (message.note === 'stop') answer(globalThis.first, { failure: 'stopped', storage: false })`,
    )
    const first = fetching(thread).catch((error: unknown) => error)
    expect(thread.takes()).toBe(true)
    const second = fetching(thread)
    expect(thread.takes()).toBe(false)
    thread.abort()
    expect(await first).toEqual(new Error('stopped'))
    await thread.close()
    // Closed on purpose, it is not missed.
    expect(await second).toBeUndefined()
    expect(run.lines).toEqual([])
  })
})

it('there is none for one connection, or without release files', async () => {
  for (const mirror of ['workers = 1', 'release-files = false']) {
    const { config, http, log, report } = await engine({ mirror })
    expect(createFetchThread({ config, http, httpOptions: HTTP, log, verbose: false, report })).toBeUndefined()
  }
})
