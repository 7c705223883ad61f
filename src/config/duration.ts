const UNITS = { d: 24 * 3600, h: 3600, m: 60, s: 1 } as const
const LONGEST = 365 * UNITS.d

/**
 * Parses a time such as `2h`, `90m` or `1h 30m` into seconds.
 * @returns what is wrong with the text, as the end of a sentence: "must be …"
 */
export function parseDuration(text: string): number | { readonly error: string } {
  const [, ...counts] =
    /^(?:(\d{1,6})d)?\s*(?:(\d{1,6})h)?\s*(?:(\d{1,6})m)?\s*(?:(\d{1,6})s)?$/.exec(text.trim()) ?? []
  const seconds = Object.values(UNITS).reduce((sum, unit, at) => sum + unit * Number(counts[at] ?? 0), 0)
  if (seconds > 0 && seconds <= LONGEST) return seconds
  return { error: `a time such as 2h, 90m or 1h 30m, at most a year, not "${text}"` }
}
