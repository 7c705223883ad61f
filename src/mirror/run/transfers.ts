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
  /** The fetch thread tells what is arriving there. */
  elsewhere(traffic: Traffic): void
  now(): Traffic
}

const NONE: Traffic = { bytes: 0, longest: undefined }

export function createTransfers(clock: () => number = Date.now): Transfers {
  // In the order in which they were begun.
  const underWay = new Set<() => Arriving & { readonly received: number }>()
  let other = NONE
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
    elsewhere: (traffic) => void (other = traffic),
    now() {
      const seen = [...underWay].map((look) => look())
      const bytes = seen.reduce((sum, { received }) => sum + received, other.bytes)
      const [first] = seen
      const own = first && { filename: first.filename, size: first.size, held: first.held, since: first.since }
      const longest =
        own === undefined || (other.longest !== undefined && other.longest.since < own.since) ? other.longest : own
      return { bytes, longest }
    },
  }
}
