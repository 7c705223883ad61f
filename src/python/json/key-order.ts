const QUOTE = '"'

/** Index after the string literal that starts at `at`. */
function skipString(text: string, at: number): number {
  let end = at + 1
  for (;;) {
    end = text.indexOf(QUOTE, end)
    if (end < 0) return text.length
    let slashes = 0
    while (text[end - 1 - slashes] === '\\') slashes++
    end++
    if (slashes % 2 === 0) return end
  }
}

/** Index after the value that starts at `at`. */
function skipValue(text: string, at: number): number {
  let depth = 0
  let end = at
  while (end < text.length) {
    const char = text[end]
    if (char === QUOTE) {
      end = skipString(text, end)
      if (depth === 0) return end
      continue
    }
    if (char === '{' || char === '[') depth++
    else if (char === ',' && depth === 0) return end
    else if (char === '}' || char === ']') {
      if (depth === 0) return end
      if (--depth === 0) return end + 1
    }
    end++
  }
  return end
}

function skipTo(text: string, at: number, wanted: RegExp): number {
  wanted.lastIndex = at
  return wanted.exec(text)?.index ?? text.length
}

/** The members of the object at `at`: key and index of the value. */
function* members(text: string, at: number): Generator<readonly [string, number]> {
  if (text[at] !== '{') return
  let next = skipTo(text, at, /["}]/g)
  while (text[next] === QUOTE) {
    const keyEnd = skipString(text, next)
    const key = String(JSON.parse(text.slice(next, keyEnd)))
    const value = skipTo(text, text.indexOf(':', keyEnd) + 1, /\S/g)
    yield [key, value]
    next = skipTo(text, skipValue(text, value), /["}]/g)
  }
}

/**
 * Whether JSON.parse has moved keys: it puts those that look like array indexes first.
 * Only then is `keyOrder` needed.
 */
export function hasIndexKeys(value: object): boolean {
  const [first] = Object.keys(value)
  return first !== undefined && /^(?:0|[1-9]\d{0,9})$/.test(first)
}

/**
 * The keys of the object at `path` (e.g. `['releases']`) in the order a Python dict has them: where a
 * key first stands. `text` must be a document that JSON.parse accepts. Empty where there is no object.
 */
export function keyOrder(text: string, path: readonly string[]): string[] {
  let at = skipTo(text, 0, /\S/g)
  for (const name of path) {
    let found = -1
    for (const [key, value] of members(text, at)) if (key === name) found = value
    if (found < 0) return []
    at = found
  }
  const keys = new Set<string>()
  for (const [key] of members(text, at)) keys.add(key)
  return [...keys]
}
