import type { LineWriter } from './descriptor.js'
import { displayWidth } from './width.js'

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
  readonly onResize?: (redraw: () => void) => void
}

const CLEAR_BELOW = '\r\u001b[J'
const up = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : '')

export function createScreen({ writer, terminal, columns, onResize }: ScreenOptions): Screen {
  let live = ''

  const width = (): number => {
    const known = columns()
    return known !== undefined && known > 0 ? known : 80
  }
  /** A line drawn on a wider window than now was broken into several rows by the terminal. */
  const erase = (): string => {
    if (live === '') return ''
    return up(Math.max(0, Math.ceil(displayWidth(live) / width()) - 1)) + CLEAR_BELOW
  }
  const aside = (write: () => void): void => {
    const erasing = erase()
    if (erasing !== '') writer.write(erasing)
    write()
    if (live !== '') writer.write(live)
  }
  onResize?.(() => {
    if (live !== '') writer.write(erase() + live)
  })

  return {
    terminal,
    columns: width,
    write: (text) => writer.write(erase() + text + live),
    aside,
    live(text) {
      if (!terminal) return
      const erasing = erase()
      live = text
      if (erasing + text !== '') writer.write(erasing + text)
    },
  }
}
