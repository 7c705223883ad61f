import { describe, expect, it } from 'vitest'
import { parseDuration } from '../../../src/config/duration.js'
import { runMirror } from '../../../src/mirror/mirror.js'
import { endOf, timeIsUp } from '../../../src/mirror/run/time-limit.js'
import { runVerify } from '../../../src/mirror/verify.js'
import { loadState } from '../../../src/mirror/state/status-files.js'
import { engine, indexOf, listedNames, publish, serveTestIndex, servedFiles } from '../../helpers/engine.js'
import type { Engine } from '../../helpers/engine.js'

const MIRROR = { forceCheck: false, allowRemovals: false, retryFailed: false }
const VERIFY = { delete: true, dryRun: false, jsonUpdate: false, restart: false, yes: false }
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f']

/** Says no so many times, then that the time is up. */
function upAfter(questions: number): () => boolean {
  let asked = 0
  return () => (asked += 1) > questions
}

const todo = async (run: Engine): Promise<string[] | undefined> => {
  const state = await loadState(run.storage, run.log, { readOnly: true })
  return state.todo === undefined ? undefined : [...state.todo.projects.keys()].sort()
}

describe('run-for', () => {
  it('ends the work in time; what is left is noted, and the next run does it', async () => {
    const { url } = await serveTestIndex(indexOf(...NAMES))
    const options = { url, mirror: 'max-requests = 1' }
    const first = await engine({ ...options, timeIsUp: upAfter(10) })
    await runMirror(first, MIRROR)
    const done = listedNames(first)
    const left = NAMES.filter((name) => !done.includes(name))
    expect(done.length).toBeGreaterThan(0)
    expect(left.length).toBeGreaterThan(1)
    expect(first.report).toMatchObject({ projectsLeft: left.length, failures: [], serialAfter: undefined })
    expect(await todo(first)).toEqual(left)
    expect(first.text('.bandersnatch/journal')).toBeUndefined()

    const { place } = first
    const next = await engine({ ...options, place })
    await runMirror(next, MIRROR)
    expect(next.report.projectsSynced).toBe(left.length)
    expect(listedNames(next)).toEqual(NAMES)
    expect(await todo(next)).toBeUndefined()
    expect(next.report.serialAfter).toBeGreaterThan(0)
  })

  it('leaves a project as it was whose files are not all there yet', async () => {
    const index = indexOf('a')
    for (let minor = 1; minor < 10; minor += 1) publish(index, 'a', `1.${minor}`)
    const { url } = await serveTestIndex(index)
    const options = { url, mirror: 'max-requests = 1' }
    const first = await engine({ ...options, timeIsUp: upAfter(6) })
    await runMirror(first, MIRROR)
    const stored = first.keys(/packages.*whl$/)
    expect(stored.length).toBeGreaterThan(0)
    expect(stored.length).toBeLessThan(10)
    expect(first.keys(/simple\/a\//)).toEqual([])
    expect(await todo(first)).toEqual(['a'])

    const next = await engine({ ...options, place: first.place })
    await runMirror(next, MIRROR)
    expect(servedFiles(next, 'a')).toHaveLength(10)
    expect(next.report.filesFetched).toBeLessThan(20)
  })

  it('leaves an edit to be seen that was not done with', async () => {
    const { url } = await serveTestIndex(indexOf(...NAMES))
    const whole = await engine({ url })
    await runMirror(whole, MIRROR)
    const { place } = whole
    const edited = { url, place, mirror: 'simple-format = JSON\nmax-requests = 1' }
    const first = await engine({ ...edited, timeIsUp: upAfter(3) })
    await runMirror(first, MIRROR)
    const html = first.keys(/simple\/.\/index\.html/).length
    expect(html).toBeGreaterThan(0)
    expect(html).toBeLessThan(NAMES.length)
    // Taken back, and done again.
    const back = await engine({ url, place })
    await runMirror(back, MIRROR)
    expect(back.keys(/simple\/.\/index\.html/)).toHaveLength(NAMES.length)
    const again = await engine({ ...edited, mirror: 'simple-format = JSON' })
    await runMirror(again, MIRROR)
    expect(again.keys(/simple\/.\/index\.html/)).toEqual([])
  })

  it('holds for verify, which then removes nothing', async () => {
    const { url } = await serveTestIndex(indexOf(...NAMES))
    const whole = await engine({ url })
    await runMirror(whole, MIRROR)
    const { place } = whole
    place.files.set('web/packages/aa/bb/cc/unowned.whl', { body: Buffer.from('x'), time: 0 })
    const run = await engine({ url, place, mirror: 'verifiers = 1', timeIsUp: upAfter(2) })
    expect(await runVerify(run, VERIFY)).toBe(0)
    expect(run.report).toMatchObject({ projectsLeft: 4, filesRemoved: 0 })
    expect(run.keys(/unowned/)).toHaveLength(1)
  })

  it('is told by a clock that all threads share', () => {
    expect(timeIsUp(endOf(undefined))).toBe(false)
    expect(timeIsUp(endOf(3600))).toBe(false)
    expect(timeIsUp(endOf(-1))).toBe(true)
  })

  it.each([
    ['2h', 7200],
    ['90m', 5400],
    ['1h 30m', 5400],
    ['1d2h3m4s', 93_784],
    ['45s', 45],
  ])('may be %s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })
})
