import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'

/**
 * Which projects the run has finished: an append-only list beside `todo`, so that bookkeeping grows with the work and
 * not with its square. A line is written as soon as a project is done; `flushed` says that everything above it is on
 * disk. After a crash of the program all lines hold; after one of the machine (another boot) those above `flushed`.
 */
export interface Journal {
  /** `serial`: of the pages now stored; 0 where there are none */
  finished(name: string, serial: number): Promise<void>
  /** Puts everything so far on disk. */
  checkpoint(): Promise<void>
}

const FLUSHED = '# flushed'
const BOOT = '# boot '
/** Unflushed work that a power cut may cost: this many milliseconds of it. */
const CHECKPOINT_MS = 60_000

/** What an interrupted run finished: name as upstream spells it -> serial of its pages, 0 where there are none. */
export async function readJournal(storage: Storage, bootId: string): Promise<Map<string, number>> {
  const text = (await storage.read(LAYOUT.journal))?.toString('utf8') ?? ''
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  const sameBoot = bootId !== '' && lines.filter((line) => line.startsWith(BOOT)).at(-1) === BOOT + bootId
  const trusted = sameBoot ? lines : lines.slice(0, lines.lastIndexOf(FLUSHED) + 1)
  const finished = new Map<string, number>()
  for (const line of trusted) {
    const [, name, serial] = /^(\S+) (\d+)$/.exec(line) ?? []
    if (name !== undefined && serial !== undefined) finished.set(name, Number(serial))
  }
  return finished
}

/** Starts a journal for the `todo` just written. The one before it was removed first: see runMirror. */
export async function openJournal(storage: Storage, bootId: string): Promise<Journal> {
  await storage.append(LAYOUT.journal, `\n${BOOT}${bootId}\n`)
  let flushedAt = performance.now()
  const checkpoint = async (): Promise<void> => {
    flushedAt = performance.now()
    await storage.flush()
    await storage.append(LAYOUT.journal, `${FLUSHED}\n`)
  }
  return {
    checkpoint,
    async finished(name, serial) {
      await storage.append(LAYOUT.journal, `${name} ${serial}\n`)
      if (performance.now() - flushedAt > CHECKPOINT_MS) await checkpoint()
    },
  }
}
