import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'
import { formatEntry, parseEntry } from './ledger-entry.js'
import type { LedgerEntry } from './ledger-entry.js'

/**
 * Which projects a run has begun and finished: an append-only list, so that bookkeeping grows with the work. A line is
 * written before a project's pages are touched and another when they are done. `flushed` says that everything above it
 * is on disk. After a crash of the program all lines hold; after one of the machine (another boot) those above `flushed`.
 */
export interface Journal {
  /** The pages of these projects may be touched from now on. */
  begin(names: readonly string[]): Promise<void>
  /** `entry`: the project's line in the ledger; undefined where the ledger no longer has it */
  finished(name: string, entry: LedgerEntry | undefined): Promise<void>
  /** Puts everything so far on disk. */
  checkpoint(): Promise<void>
}

/** What an interrupted run left. */
export interface JournalRead {
  /** normalized name -> its line in the ledger; undefined: it has none */
  readonly finished: ReadonlyMap<string, LedgerEntry | undefined>
  /** normalized names of projects whose pages may be half written */
  readonly begun: ReadonlySet<string>
  /** false: pages of other projects may be half written, too; `todo` names them */
  readonly complete: boolean
}

const FLUSHED = '# flushed'
const BOOT = '# boot '
const BEGUN = '> '
const FORGOTTEN = '- '
/** Unflushed work that a power cut may cost: this many milliseconds of it. */
const CHECKPOINT_MS = 60_000

/** undefined where no run was interrupted */
export async function readJournal(storage: Storage, bootId: string): Promise<JournalRead | undefined> {
  const text = (await storage.read(LAYOUT.journal))?.toString('utf8')
  if (text === undefined) return undefined
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n')
  const sameBoot = bootId !== '' && lines.filter((line) => line.startsWith(BOOT)).at(-1) === BOOT + bootId
  const trusted = sameBoot ? lines.length : lines.lastIndexOf(FLUSHED) + 1
  const finished = new Map<string, LedgerEntry | undefined>()
  const begun = new Set<string>()
  for (const [index, line] of lines.entries()) {
    if (line.startsWith(BEGUN)) {
      begun.add(line.slice(BEGUN.length))
      finished.delete(line.slice(BEGUN.length))
    } else if (index < trusted) readFinished(line, { finished, begun })
  }
  return { finished, begun, complete: sameBoot && !storage.properties.metered }
}

function readFinished(
  line: string,
  { finished, begun }: { finished: Map<string, LedgerEntry | undefined>; begun: Set<string> },
): void {
  if (line === '' || line.startsWith('#')) return
  const parsed = line.startsWith(FORGOTTEN) ? ([line.slice(FORGOTTEN.length), undefined] as const) : parseEntry(line)
  if (parsed === undefined) return
  const [name, entry] = parsed
  finished.set(name, entry)
  begun.delete(name)
}

/** Starts a journal, or goes on with the one that is there. */
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
    begin: (names) => storage.append(LAYOUT.journal, names.map((name) => `${BEGUN}${name}\n`).join('')),
    async finished(name, entry) {
      await storage.append(LAYOUT.journal, `${entry === undefined ? FORGOTTEN + name : formatEntry(name, entry)}\n`)
      if (performance.now() - flushedAt > CHECKPOINT_MS) await checkpoint()
    },
  }
}

/** How many projects the text of a journal has as finished: to show how far a run is. */
export function countFinished(text: string): number {
  const names = new Set<string>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line.startsWith(BEGUN)) continue
    names.add(line.startsWith(FORGOTTEN) ? line.slice(FORGOTTEN.length) : (line.split(' ', 1)[0] ?? ''))
  }
  return names.size
}
