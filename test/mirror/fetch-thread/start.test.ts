import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { StorageError } from '../../../src/errors.js'
import { createFetchThreads } from '../../../src/mirror/fetch-thread/start.js'
import type { FetchThreads } from '../../../src/mirror/fetch-thread/types.js'
import { runMirror } from '../../../src/mirror/mirror.js'
import type { Engine } from '../../helpers/engine.js'
import { engine, indexOf, listedNames, serveTestIndex } from '../../helpers/engine.js'

const HTTP = { userAgent: 'test', timeout: 2, globalTimeout: 60, workers: 10, maxRequests: 4, allowNonHttps: true }

/** A thread whose script does this with `message` for each project. */
function threadOf(run: Engine, body: string, cores = 2): FetchThreads {
  const directory = mkdtempSync(join(tmpdir(), 'fetch-thread-'))
  const script = join(directory, 'thread.mjs')
  writeFileSync(
    script,
    `import { parentPort, threadId } from 'node:worker_threads'
const done = { files: 1, bytes: 2, counts: { requests: 3, retries: 4, bytes: 5, connections: 6 } }
const answer = (message, more) => parentPort.postMessage({ id: message.id, answer: { done, ...more } })
parentPort.on('message', (message) => { ${body} })\n`,
  )
  const { config, http, log, report } = run
  const thread = createFetchThreads({
    config,
    http,
    httpOptions: HTTP,
    log,
    verbose: false,
    end: Infinity,
    report,
    script,
    cores,
  })
  onTestFinished(async () => {
    await thread?.close()
    rmSync(directory, { recursive: true })
  })
  if (thread === undefined) throw new Error('there is no thread')
  thread.expect(100)
  // The few projects of a test are enough.
  return { ...thread, expect: (projects) => projects >= 100 && thread.expect(projects) }
}

const fetching = async (thread: FetchThreads): ReturnType<FetchThreads['fetch']> =>
  thread.fetch([], { cautious: false })

describe('a thread that fetches files', () => {
  it.each([
    ['ends', 'process.exit(1)', 'it ended'],
    ['throws', `throw new Error('out of memory')`, 'out of memory'],
  ])('%s: its files are fetched by the main thread, and the run goes on', async (_, body, reason) => {
    const server = await serveTestIndex(indexOf('one', 'two', 'three'))
    const options = { url: server.url, mirror: 'max-requests = 4' }
    const plain = await engine(options)
    const fetchThreads = threadOf(plain, body)
    const run: Engine = { ...plain, fetchThreads }
    await runMirror(run, { forceCheck: false, allowRemovals: false, retryFailed: false })
    expect(listedNames(run)).toEqual(['one', 'three', 'two'])
    expect(run.keys(/packages/)).toHaveLength(6)
    expect(run.report.failures).toEqual([])
    expect(run.lines.filter((line) => line.includes('thread that'))).toEqual([
      `A thread that fetches files failed: ${reason}. The main thread fetches the rest`,
    ])
  })

  it('has what it did counted, and its lines logged', async () => {
    const run = await engine({ mirror: 'max-requests = 4' })
    const thread = threadOf(
      run,
      `parentPort.postMessage({ note: { level: 'warn', line: 'a line' } })
      answer(message, { outcome: { fetched: ['key'], failed: new Map([['other', 'why']]) } })`,
    )
    expect(await fetching(thread)).toEqual({ fetched: ['key'], failed: new Map([['other', 'why']]) })
    expect(run.report).toMatchObject({ filesFetched: 1, bytesFetched: 2 })
    expect(run.http.counts).toMatchObject({ requests: 3, retries: 4, bytes: 5, connections: 6 })
    expect(run.lines).toContain('a line')
  })

  it('fails as its storage fails, and with its bugs', async () => {
    const run = await engine({ mirror: 'max-requests = 4' })
    const failing = (storage: boolean): FetchThreads =>
      threadOf(run, `answer(message, { failure: 'full', of: ${storage ? "'storage'" : "'program'"} })`)
    await expect(fetching(failing(true))).rejects.toBeInstanceOf(StorageError)
    await expect(fetching(failing(false))).rejects.not.toBeInstanceOf(StorageError)
    expect(run.report.filesFetched).toBe(2)
  })

  it('takes as many projects at a time as it may send requests, and is told when to stop', async () => {
    const run = await engine({ mirror: 'max-requests = 4' })
    const thread = threadOf(
      run,
      `globalThis.first ??= message; if (message.note === 'stop') answer(globalThis.first, { failure: 'stopped', storage: false })`,
    )
    const first = fetching(thread).catch((error: unknown) => error)
    const second = fetching(thread)
    // The third is left to the main thread.
    expect(await fetching(thread)).toBeUndefined()
    thread.abort()
    expect(await first).toEqual(new Error('stopped'))
    await thread.close()
    // Closed on purpose, it is not missed.
    expect(await second).toBeUndefined()
    expect(run.lines).toEqual([])
  })

  it('is one of several where there are cores and work for them', async () => {
    const run = await engine({ mirror: 'max-requests = 8' })
    const answered = `setTimeout(() => answer(message, { outcome: { fetched: [String(threadId)], failed: new Map() } }), 200)`
    const threads = threadOf(run, answered, 5)
    const fetchedBy = async (count: number): Promise<Map<string | undefined, number>> => {
      const outcomes = await Promise.all(Array.from({ length: count }, () => fetching(threads)))
      const names = outcomes.map((outcome) => outcome?.fetched[0])
      return new Map([...new Set(names)].map((name) => [name, names.filter((one) => one === name).length]))
    }
    threads.expect(350)
    // Three threads with two requests each, and the main thread.
    const shares = await fetchedBy(9)
    expect([...shares.values()].sort()).toEqual([2, 2, 2, 3])
    expect(shares.get(undefined)).toBe(3)
  })
})

it('there is none for one request or core, or without release files', async () => {
  const none = [
    ['max-requests = 1', 8],
    ['max-requests = 4', 1],
    ['release-files = false', 8],
  ] as const
  for (const [mirror, cores] of none) {
    const { config, http, log, report } = await engine({ mirror })
    const options = { config, http, httpOptions: HTTP, log, verbose: false, end: Infinity, report, cores }
    expect(createFetchThreads(options)).toBeUndefined()
  }
})
