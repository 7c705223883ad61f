/** Spellings that differ only in case, `-` or `_` are the same word. */
const plain = (name: string): string => name.toLowerCase().replace(/[-_ ]/g, '')

/** Levenshtein distance: how many characters to add, drop or replace. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** The known name that a misspelled one probably means, undefined when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const text = plain(name)
  // Long texts are not misspellings, and the comparison would take long.
  if (text.length > 60) return undefined
  const ranked = known
    .map((candidate) => ({ candidate, apart: distance(text, plain(candidate)) }))
    .sort((a, b) => a.apart - b.apart)
  const best = ranked[0]
  return best !== undefined && best.apart <= Math.max(1, Math.floor(text.length / 3)) ? best.candidate : undefined
}

/** As nearest; where no spelling is near, the known name that begins with the same word (`compare-`, `filter_`). */
export function similar(name: string, known: readonly string[]): string | undefined {
  const near = nearest(name, known)
  const [first = ''] = name.split(/[-_]/)
  if (near !== undefined || first === name) return near
  const ranked = known
    .filter((candidate) => candidate !== first && candidate.split(/[-_]/)[0] === first)
    .map((candidate) => ({ candidate, apart: distance(plain(name), plain(candidate)) }))
    .sort((a, b) => a.apart - b.apart)
  return ranked[0]?.candidate
}
