import { counted } from '../../count.js'
import { EXIT } from '../../errors.js'
import type { LogLine } from '../../log/types.js'
import type { Told, ToldFact } from '../../mirror/state/told.js'
import { secondsText } from '../times.js'
import type { Summary } from './data.js'
import { failureText, headline, shortened } from './lines.js'

/** What is to be told of a run, given what was told of the runs before it. */
export interface Digest {
  /** empty after a run with nothing new */
  readonly lines: readonly LogLine[]
  /** a failure is among the lines */
  readonly failing: boolean
  /** what the next run has to know */
  readonly told: Told
}

/** Something that is wrong. */
interface Fact {
  readonly line: LogLine
  /** milliseconds since the epoch, where that is known */
  readonly since: number | undefined
}

/** Cron does not start a run to the second. */
const DAY = (24 * 60 - 5) * 60 * 1000
/** Keys of facts begin so. What begins otherwise is a failure, which lasts until a run says that it is over. */
const LINE = 'line '
const FAILURE = 'failure '
const STOPPED = 'stopped '
const REFUSED = 'refused '
const lasts = (key: string): boolean => !key.startsWith(LINE)

/**
 * What is new since the last run. A failure is told when it is new, once a day while it lasts, and once more when it is
 * over. A warning is told once. Pure.
 * @param lines warnings and errors that were logged during the run
 */
export function makeDigest(summary: Summary, lines: readonly LogLine[], before: Told): Digest {
  const now = Date.parse(summary.startedAt)
  const facts = factsOf(summary, lines)
  const news = new Set<string>()
  const told = new Map<string, ToldFact>()
  for (const [key, fact] of facts) {
    const entry = believed(before.get(key), now)
    const isNew = entry === undefined || (lasts(key) && now - entry.told >= DAY)
    if (isNew) news.add(key)
    const since = fact.since ?? entry?.since ?? now
    told.set(key, isNew ? { since, told: now, seen: now, open: true } : { ...entry, since, seen: now })
  }
  const { over, kept } = vanished(before, facts, { now, ended: cameToAll(summary) })
  const toldBefore = [...facts.keys()].filter((key) => lasts(key) && !news.has(key)).length
  return {
    lines: digestLines(summary, { news: [...news].flatMap((key) => facts.get(key)?.line ?? []), over, toldBefore }),
    failing: [...news].some(lasts),
    told: new Map([...told, ...kept]),
  }
}

/** What this run did not find any more: what is told of it, and what is kept of what was told. */
function vanished(
  before: Told,
  facts: ReadonlyMap<string, Fact>,
  { now, ended }: { readonly now: number; readonly ended: boolean },
): { over: string[]; kept: Map<string, ToldFact> } {
  const over: string[] = []
  const kept = new Map<string, ToldFact>()
  for (const [key, found] of before) {
    const entry = believed(found, now)
    if (facts.has(key) || entry === undefined) continue
    const isOver = ended && entry.open && lasts(key)
    if (isOver) over.push(overText(key, entry.since))
    // Within a day of being told it is nothing new if it comes back.
    if (!ended || now - Math.max(entry.told, entry.seen) < DAY) kept.set(key, { ...entry, open: entry.open && !isOver })
  }
  return { over, kept }
}

/** Else it cannot tell that anything is over: it was stopped, or `run-for` or `stop-on-error` ended it early. */
function cameToAll({ error, projects, stoppedEarly }: Summary): boolean {
  return error === undefined && projects.left === 0 && !stoppedEarly
}

/** A time in the future comes from a clock that was wrong. */
function believed(entry: ToldFact | undefined, now: number): ToldFact | undefined {
  return entry !== undefined && entry.told <= now && entry.seen <= now ? entry : undefined
}

/** By a key that is the same in each run that finds the same thing wrong. */
function factsOf(
  { command, error, exitCode, failures, refusals }: Summary,
  lines: readonly LogLine[],
): Map<string, Fact> {
  const failing = (text: string, since?: string): Fact => ({
    line: { level: 'error', text },
    since: since === undefined ? undefined : Date.parse(since),
  })
  const stopped = failing(`${command} stopped: ${error}`)
  // A signal is somebody's act, not a failure.
  const bySignal = exitCode === EXIT.sigint || exitCode === EXIT.sigterm
  return new Map([
    ...(error === undefined ? [] : [[bySignal ? LINE + stopped.line.text : `${STOPPED}${exitCode}`, stopped] as const]),
    ...failures.map((failure) => [FAILURE + failure.project, failing(failureText(failure), failure.since)] as const),
    // The counts in it change from run to run.
    ...refusals.map((text) => [REFUSED + text.replace(/[\d,]+/g, '#'), failing(`Refused: ${text}`)] as const),
    ...lines.map((line) => [LINE + line.text, { line, since: undefined }] as const),
  ])
}

function overText(key: string, since: number): string {
  const began = ` (since ${secondsText(since / 1000)})`
  if (key.startsWith(FAILURE)) return `Up to date again: ${key.slice(FAILURE.length)}, which had failed${began}`
  if (key.startsWith(STOPPED)) return `Runs reach their end again, which they had not${began}`
  return `Nothing is refused any more, as it had been${began}`
}

interface News {
  readonly news: readonly LogLine[]
  readonly over: readonly string[]
  /** failures that last, and were told before */
  readonly toldBefore: number
}

function digestLines(summary: Summary, { news, over, toldBefore }: News): LogLine[] {
  if (news.length + over.length === 0) return []
  const info = (text: string): LogLine => ({ level: 'info', text })
  const of = (level: LogLine['level'], what: string): LogLine[] => {
    const texts = news.filter((line) => line.level === level).map(({ text }) => text)
    return shortened(texts, what).map((text) => ({ level, text }))
  }
  return [
    info(headline(summary)),
    ...of('error', 'failures'),
    ...of('warn', 'warnings'),
    ...shortened(over, 'that are up to date again').map(info),
    ...(toldBefore > 0
      ? [info(`${counted(toldBefore, 'failure')} as told before ('bandersnatch status' lists them)`)]
      : []),
  ]
}
