/** A file that is arriving. */
export interface Arriving {
  readonly filename: string
  /** bytes of the whole file */
  readonly size: number
  /** bytes that are there, those of an interrupted attempt too */
  readonly held: number
  /** when it was begun, in milliseconds since the epoch */
  readonly since: number
}

/** What is arriving now. */
export interface Traffic {
  /** bytes received of files that are not complete */
  readonly bytes: number
  /** the file that was begun first */
  readonly longest: Arriving | undefined
}

/** Large files under way: small ones are counted when they are there. */
export interface Transfers {
  /**
   * A file is begun. Returns what must be called when it is complete or given up.
   * @param held bytes that are there
   */
  begin(file: Pick<Arriving, 'filename' | 'size'>, held: () => number): () => void
  /** What is arriving in a fetch thread, by its number; undefined once it has ended. */
  elsewhere(thread: number, traffic: Traffic | undefined): void
  now(): Traffic
}

export function createTransfers(clock: () => number = Date.now): Transfers {
  // In the order in which they were begun.
  const underWay = new Set<() => Arriving & { readonly received: number }>()
  const elsewhere = new Map<number, Traffic>()
  return {
    begin(file, held) {
      const since = clock()
      const before = held()
      const look = (): Arriving & { readonly received: number } => {
        const bytes = held()
        return { ...file, since, held: bytes, received: Math.max(0, bytes - before) }
      }
      underWay.add(look)
      return () => void underWay.delete(look)
    },
    elsewhere(thread, traffic) {
      if (traffic === undefined) elsewhere.delete(thread)
      else elsewhere.set(thread, traffic)
    },
    now() {
      const own = [...underWay].map((look) => look())
      const others = [...elsewhere.values()]
      const bytes = [...own.map(({ received }) => received), ...others.map((other) => other.bytes)]
      const begun = [...own.slice(0, 1).map(withoutReceived), ...others.flatMap(({ longest }) => longest ?? [])]
      const [longest] = begun.sort((a, b) => a.since - b.since)
      return { bytes: bytes.reduce((sum, each) => sum + each, 0), longest }
    },
  }
}

function withoutReceived({ filename, size, held, since }: Arriving): Arriving {
  return { filename, size, held, since }
}
