import { setTimeout as delay } from 'node:timers/promises'
import { IntegrityError, UpstreamError } from '../../errors.js'
import type { UpstreamErrorKind } from '../../errors.js'
import { throwIfStopped } from './context.js'
import type { Context } from './context.js'

/** What the HTTP client does not try again by itself. At an upstream that is out of order even that can pass. */
const HASTY: ReadonlySet<UpstreamErrorKind> = new Set<UpstreamErrorKind>(['status', 'too-large', 'refused'])
const PAUSE_MS = 1000

/**
 * Asks again, after a second, where the answer was wrong in a way that the HTTP client takes for final.
 * @param attempts after the first one
 */
export async function insist<T>(
  context: Pick<Context, 'log' | 'signal'>,
  attempts: number,
  ask: () => Promise<T>,
): Promise<T> {
  for (let left = attempts; ; left -= 1) {
    try {
      return await ask()
    } catch (error) {
      throwIfStopped(context)
      const mayPass = error instanceof IntegrityError || (error instanceof UpstreamError && HASTY.has(error.kind))
      if (!mayPass || left === 0) throw error
      context.log.info(`${error.message}; asking again`)
      await delay(PAUSE_MS, undefined, { signal: context.signal }).catch(() => throwIfStopped(context))
    }
  }
}
