/**
 * One call to the file system. It can be made at once, by the thread that asks, or by a thread of libuv's pool while the
 * asking one goes on with other work.
 */
export interface Call {
  atOnce(): void
  inPool(): Promise<void>
}

/**
 * What is done with several calls, in order: a generator that gives each call and goes on when it was made, or has its
 * error thrown. It is written once, and `caller.ts` decides how the calls are made.
 */
export type Steps<T> = Generator<Call, T, void>

/** Makes the steps of one call of its two forms. */
export function callOf<Args extends readonly unknown[], T>(
  atOnce: (...args: Args) => T,
  inPool: (...args: Args) => Promise<T>,
): (...args: Args) => Steps<T> {
  return function* (...args) {
    const results: T[] = []
    yield {
      atOnce: () => void results.push(atOnce(...args)),
      inPool: async () => void results.push(await inPool(...args)),
    }
    for (const result of results) return result
    throw new Error('the call was not made')
  }
}
