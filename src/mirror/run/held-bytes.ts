/** How much of the projects under way is held in memory, by the size of their documents. */
export interface HeldBytes {
  /** Counts a document until the function that is returned is called. */
  hold(bytes: number): () => void
  /** Waits until another project may be begun. */
  room(): Promise<void>
}

/** A few projects of PyPI have documents of 20 MB, which take several times as much once they are parsed. */
const MOST_BYTES = 64 << 20

/** Many projects are under way at a time, so that the network is busy; not where their documents are large. */
export function createHeldBytes(most: number = MOST_BYTES): HeldBytes {
  let held = 0
  let waiting: (() => void)[] = []

  return {
    hold(bytes) {
      held += bytes
      return () => {
        held -= bytes
        if (held >= most) return
        for (const go of waiting) go()
        waiting = []
      }
    },
    async room() {
      // One that is let in may be large, too: each looks for itself.
      while (held >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}
