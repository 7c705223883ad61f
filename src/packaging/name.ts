/** Some of the names that are normalized; others are, too. */
const NORMALIZED = /^[a-z0-9]+(?:-[a-z0-9]+)*$/

/**
 * The normalized name of a project or extra (PEP 503), as `packaging` gives it:
 * any text is taken, and what is not a valid name is still lowered and condensed.
 */
export function normalizeName(name: string): string {
  // Most names are: a million of them take no time then, and no memory.
  if (NORMALIZED.test(name)) return name
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

/**
 * The older "safe" spelling, which keeps dots and underlies pages that bandersnatch once wrote:
 * every run of other characters becomes one `-`.
 */
export function safeName(name: string): string {
  return name.replace(/[^A-Za-z0-9.]+/g, '-').toLowerCase()
}

/** Whether the text is a project name as the core metadata specification allows it (ASCII only). */
export function isValidName(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/i.test(name)
}
