function difference(a: string, b: string, at: number): number {
  return (a.codePointAt(at) ?? 0) - (b.codePointAt(at) ?? 0)
}

/** Orders as Python orders strings: by code point, not by UTF-16 unit. For Array.sort. */
export function compareCodePoints(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  let at = 0
  while (at < shared && a.charCodeAt(at) === b.charCodeAt(at)) at++
  if (at === shared) return a.length - b.length
  // The first unit that differs may be the second half of a pair.
  const afterHigh = at > 0 && (a.charCodeAt(at - 1) & 0xfc00) === 0xd800
  return (afterHigh && difference(a, b, at - 1)) || difference(a, b, at)
}
