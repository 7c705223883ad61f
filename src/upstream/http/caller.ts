import { UpstreamError } from '../../errors.js'
import type { HttpCounts } from '../types.js'
import type { Budget } from './budget.js'
import type { Deadline } from './exchange.js'
import { Retryable } from './failure.js'
import type { HealthMonitor } from './health.js'
import { createRetrier } from './retry.js'
import type { RetryPolicy } from './retry.js'

export interface CallerOptions {
  readonly policy: RetryPolicy
  readonly budget: Budget
  readonly health: HealthMonitor
  readonly counts: HttpCounts
}

/** What one attempt of a call is given. */
export interface AttemptContext {
  readonly deadline: Deadline
  /** to be called when the attempt got further than all before, even if it then fails */
  readonly progress: () => void
}

/** Makes attempts until one succeeds. */
export type Caller = <T>(
  target: { readonly url: URL; readonly key: string },
  attempt: (context: AttemptContext) => Promise<T>,
) => Promise<T>

/** A caller that keeps to the budget of the URL and of the run, and stops when the upstream is out of order. */
export function createCaller({ policy, budget, health, counts }: CallerOptions): Caller {
  return async ({ url, key }, attempt) => {
    const retrier = createRetrier(policy)
    const deadline: Deadline = { at: undefined }
    const failedBefore = budget.hasFailed(key)
    /** @returns what to throw */
    const giveUp = (failure: unknown): unknown => {
      if (failure instanceof UpstreamError && !failedBefore) health.failed(url.origin, failure)
      return failure
    }
    for (let attempts = 0; ; attempts += 1) {
      policy.signal.throwIfAborted()
      health.check()
      const isRetry = budget.claim(key)
      if (attempts > 0 || isRetry) counts.retries += 1
      let progressed = false
      const progress = (): void => {
        progressed = true
        retrier.progress()
      }
      try {
        const result = await attempt({ deadline, progress })
        budget.succeeded(key)
        health.answered(url.origin)
        return result
      } catch (error) {
        const failure = error instanceof Retryable ? error.error : error
        if (failure instanceof UpstreamError && !progressed) budget.failed(key, failure)
        try {
          if (budget.isSpent(key)) throw failure
          await retrier.wait(error, deadline.at ?? Infinity)
        } catch (last) {
          policy.signal.throwIfAborted()
          throw giveUp(last)
        }
      }
    }
  }
}
