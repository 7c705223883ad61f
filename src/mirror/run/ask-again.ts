import { setTimeout as delay } from 'node:timers/promises'
import { IntegrityError, UpstreamError } from '../../errors.js'
import type { UpstreamErrorKind } from '../../errors.js'
import { isRetriedStatus } from '../../upstream/http/retry.js'
import { throwIfStopped } from './context.js'
import type { Context } from './context.js'

/** What depends on the answer: the whole run, or a project, which the last rounds of the run try again anyway. */
export type Importance = 'run' | 'project'

const FURTHER_ATTEMPTS: Readonly<Record<Importance, number>> = { run: 2, project: 1 }
/** Failures that the HTTP client does not retry by itself. A broken upstream can give even those for a moment. */
const FINAL_KINDS: ReadonlySet<UpstreamErrorKind> = new Set<UpstreamErrorKind>(['status', 'too-large', 'refused'])
const PAUSE_MS = 1000

function isWorthAsking(error: unknown, importance: Importance): error is Error {
  if (error instanceof IntegrityError) return true
  if (!(error instanceof UpstreamError) || !FINAL_KINDS.has(error.kind)) return false
  return importance === 'run' || !isRetriedStatus(error.status)
}

/**
 * Asks again, after a second, where the answer was wrong in a way that the HTTP client takes for final. The client's
 * budget for the URL bounds how many requests that costs: see upstream/http/budget.ts.
 * @throws what the last attempt threw
 */
export async function askAgain<T>(
  context: Pick<Context, 'log' | 'signal'>,
  importance: Importance,
  ask: () => Promise<T>,
): Promise<T> {
  for (let left = FURTHER_ATTEMPTS[importance]; ; left -= 1) {
    try {
      return await ask()
    } catch (error) {
      throwIfStopped(context)
      if (left === 0 || !isWorthAsking(error, importance)) throw error
      context.log[importance === 'run' ? 'info' : 'debug'](`${error.message}; asking again`)
      await delay(PAUSE_MS, undefined, { signal: context.signal }).catch(() => throwIfStopped(context))
    }
  }
}
