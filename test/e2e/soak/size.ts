/** The two sizes of the soak and what it prints. */
export interface Soak {
  readonly full: boolean
  /** the same seed gives the same faults, moments and documents */
  readonly seed: number
  /** one of two numbers, by size */
  pick(short: number, full: number): number
  /** All of some cases, or in the short form every how-manieth. */
  some<T>(cases: readonly T[], every: number): T[]
  /** Keeps a figure for the end of the run. */
  say(section: string, figures: string): void
  readonly figures: readonly string[]
}

/** Full where SOAK is `full`; SOAK_SEED is a whole number, 1 unless given. */
export function soakSize(env: Readonly<Record<string, string | undefined>>): Soak {
  const full = env['SOAK'] === 'full'
  const figures: string[] = []
  const seed = Number(env['SOAK_SEED'] ?? 1)
  return {
    full,
    seed,
    pick: (short, long) => (full ? long : short),
    some: (cases, every) => cases.filter((_, at) => full || at % every === seed % every),
    say: (section, text) => void figures.push(`${section}: ${text}`),
    figures,
  }
}

/** Numbers from 0 up to 1 that depend on the seed alone (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Does something for each of some cases, so many at a time: programs at the same time mostly wait. */
export async function inLanes<T>(
  lanes: number,
  cases: readonly T[],
  task: (each: T, at: number) => Promise<void>,
): Promise<void> {
  const left = cases.map((each, at) => [each, at] as const)
  const lane = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await task(...next)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}

/** A whole number from `from` up to, not including, `to`. */
export function between(random: () => number, from: number, to: number): number {
  return from + Math.floor(random() * (to - from))
}

export function megabytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MB`
}
