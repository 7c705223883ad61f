/** Reads a text token by token from the left. */
export interface Scanner {
  /** Takes what the pattern (sticky) matches at the current place; undefined, and no step, if it does not match. */
  take(pattern: RegExp): string | undefined
  /** Takes all that is left. */
  takeRest(): string
  skipBlanks(): void
  isAtEnd(): boolean
}

export function createScanner(text: string): Scanner {
  let position = 0
  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = position
    const token = pattern.exec(text)?.[0]
    position += token?.length ?? 0
    return token
  }
  return {
    take,
    takeRest: () => text.slice(position, (position = text.length)),
    skipBlanks: () => void take(/[ \t]*/y),
    isAtEnd: () => position === text.length,
  }
}
