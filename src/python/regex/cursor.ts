/** A regular expression that Python refuses. The message says why and where, but not which option it is from. */
export class PatternError extends Error {
  override readonly name = 'PatternError'
}

/** Reads a pattern token by token, as Python does: one character (code point), or a backslash with the next one. */
export class Cursor {
  private readonly tokens: readonly string[]
  private at = 0

  constructor(readonly pattern: string) {
    this.tokens = pattern.match(/\\[^]|[^]/gu) ?? []
    if (this.tokens.at(-1) === '\\') this.fail('a backslash ends it')
  }

  /** The token that comes next; undefined at the end. */
  get next(): string | undefined {
    return this.tokens[this.at]
  }

  /** For `back`. */
  get position(): number {
    return this.at
  }

  back(position: number): void {
    this.at = position
  }

  take(): string | undefined {
    return this.tokens[this.at++]
  }

  /** Takes the next token if it is this one. */
  accept(token: string): boolean {
    if (this.next !== token) return false
    this.at++
    return true
  }

  /** Up to `most` tokens that are one of the characters. */
  takeWhile(characters: string, most = Infinity): string {
    let taken = ''
    for (let left = most; left > 0; left--) {
      if (this.next === undefined || !characters.includes(this.next)) break
      taken += this.take()
    }
    return taken
  }

  /** Everything before `end`, which is taken too. */
  takeUntil(end: string, what: string): string {
    let taken = ''
    for (;;) {
      const token = this.take()
      if (token === undefined) this.fail(`missing ${end} after a ${what}`)
      if (token === end) return taken === '' ? this.fail(`missing ${what}`) : taken
      taken += token
    }
  }

  /** @throws PatternError */
  fail(why: string): never {
    const shown = JSON.stringify(this.pattern)
    throw new PatternError(`${shown} is not a regular expression that Python takes: ${why} (near part ${this.at})`)
  }
}
