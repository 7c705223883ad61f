import type { LineWriter } from './descriptor.js'

/** stderr: whole lines, and on a terminal one live line below them that they never run into. */
export interface Screen {
  readonly terminal: boolean
  /** width of the terminal; 80 where nobody knows */
  columns(): number
  /** Writes whole lines above the live one. */
  write(text: string): void
  /** Runs something that writes to the same terminal by another way, with the live line out of its way. */
  aside(write: () => void): void
  /** Shows a live line, without line breaks, in place of the one before; '' takes it away. */
  live(text: string): void
}

export interface ScreenOptions {
  readonly writer: LineWriter
  readonly terminal: boolean
  /** asked before each use: windows are resized; 0 and undefined where nobody knows */
  readonly columns: () => number | undefined
}

/**
 * Clears the cursor's row and those below it, in two steps: some terminals (tmux) do not wipe a screen that is cleared
 * from its first row, they keep what was on it.
 */
const CLEAR_BELOW = '\r\u001b[K\u001b7\u001b[B\u001b[J\u001b8'
const KEEP_TO_ONE_ROW = '\u001b[?7l'
const BREAK_LINES = '\u001b[?7h'

export function createScreen({ writer, terminal, columns }: ScreenOptions): Screen {
  let live = ''

  const width = (): number => {
    const known = columns()
    return known !== undefined && known > 0 ? known : 80
  }
  const erased = (): string => (live === '' ? '' : CLEAR_BELOW)
  /**
   * The cursor goes back to the line's start: wherever a terminal that became narrower puts the rest of the line, it
   * is below the cursor and can be cleared. The window may be narrower than this program knows yet.
   */
  const drawn = (): string => (live === '' ? '' : `${KEEP_TO_ONE_ROW}${live}${BREAK_LINES}\r`)

  return {
    terminal,
    columns: width,
    write: (text) => writer.write(erased() + text + drawn()),
    aside(write) {
      if (live !== '') writer.write(erased())
      write()
      if (live !== '') writer.write(drawn())
    },
    live(text) {
      if (!terminal || live === text) return
      const clearing = erased()
      live = text
      writer.write(clearing + drawn())
    },
  }
}
