import { endRequests } from './context.js'
import type { Context } from './context.js'

/** Runs `task` for every item, at most `width` at a time. A throw ends the run: nothing new starts, requests are ended. */
export async function eachOf<T>(
  context: Pick<Context, 'http' | 'fetchThreads'>,
  { items, width }: { readonly items: Iterable<T>; readonly width: number },
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  const errors: unknown[] = []
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true && errors.length === 0; next = queue.next()) {
      try {
        await task(next.value)
      } catch (error) {
        errors.push(error)
        endRequests(context, error)
      }
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  if (errors.length > 0) throw errors[0]
}
