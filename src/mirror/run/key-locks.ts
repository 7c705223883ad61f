/** Lets one project at a time work on a release file: two projects of an index may list the same one. */
export interface KeyLocks {
  /**
   * Waits until nobody else has one of the keys, and takes them all. Returns what gives them back. Keys are taken in
   * one order, so that two projects never wait for each other.
   */
  take(keys: readonly string[]): Promise<() => void>
}

export function createKeyLocks(): KeyLocks {
  const held = new Map<string, Promise<void>>()
  return {
    async take(keys) {
      let release = (): void => undefined
      const released = new Promise<void>((resolve) => {
        release = resolve
      })
      const mine = [...new Set(keys)].sort()
      for (const key of mine) {
        for (let other = held.get(key); other !== undefined; other = held.get(key)) await other
        held.set(key, released)
      }
      return () => {
        for (const key of mine) held.delete(key)
        release()
      }
    },
  }
}
