import { describe, expect, it } from 'vitest'
import { IntegrityError, StorageError, UpstreamError } from '../../src/errors.js'
import { askAgain } from '../../src/mirror/run/ask-again.js'
import type { Importance } from '../../src/mirror/run/ask-again.js'
import { recorder } from './support.js'

const status = (code: number): UpstreamError => new UpstreamError('status', `HTTP status ${code}`, code)

/** How often a question was asked that always fails, and whether it threw the last error. */
async function asks(importance: Importance, error: Error): Promise<number> {
  let asked = 0
  const context = { log: recorder(), signal: new AbortController().signal }
  const answer = askAgain(context, importance, async () => {
    asked += 1
    throw error
  })
  await expect(answer).rejects.toBe(error)
  expect(context.log.lines).toHaveLength(asked - 1)
  return asked
}

describe.concurrent('askAgain', () => {
  it.each<[Error, number, number]>([
    [status(403), 3, 2],
    [status(404), 3, 2],
    [new UpstreamError('too-large', 'x'), 3, 2],
    [new UpstreamError('refused', 'x'), 3, 2],
    [new IntegrityError('x'), 3, 2],
    // What the client retried is left to the last rounds of the run, but not where the run itself depends on it.
    [status(500), 3, 1],
    [status(503), 3, 1],
    [status(429), 3, 1],
    [new UpstreamError('connect', 'x'), 1, 1],
    [new UpstreamError('timeout', 'x'), 1, 1],
    [new UpstreamError('content', 'x'), 1, 1],
    [new UpstreamError('stale', 'x'), 1, 1],
    [new UpstreamError('out-of-order', 'x'), 1, 1],
    [new StorageError('x'), 1, 1],
    [new TypeError('x'), 1, 1],
  ])('after %o asks %i times for a run and %i times for a project', async (error, run, project) => {
    expect(await Promise.all([asks('run', error), asks('project', error)])).toEqual([run, project])
  })

  it('gives the first answer', async () => {
    let asked = 0
    const context = { log: recorder(), signal: new AbortController().signal }
    const answer = askAgain(context, 'project', async () => {
      asked += 1
      if (asked === 1) throw status(403)
      return 'answer'
    })
    expect(await answer).toBe('answer')
    expect(context.log.lines).toEqual(['HTTP status 403; asking again'])
  })

  it('ends with the run', async () => {
    const stop = new AbortController()
    const context = { log: recorder(), signal: stop.signal }
    const reason = new Error('interrupted')
    let asked = 0
    const answer = askAgain(context, 'run', async () => {
      asked += 1
      setTimeout(() => stop.abort(reason), 20)
      throw status(403)
    })
    await expect(answer).rejects.toBe(reason)
    expect(asked).toBe(1)
  })
})
