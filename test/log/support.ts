import { createLogOn } from '../../src/log/create.js'
import type { LogWorld, RunLog } from '../../src/log/create.js'
import { createScreen } from '../../src/log/screen.js'

export interface MemoryLog {
  readonly log: RunLog
  readonly written: { stdout: string; stderr: string }
}

/** The program's log with text in memory where its stdout and stderr are. */
export function memoryLog(
  world: Partial<Omit<LogWorld, 'screen'>> & { readonly terminal?: boolean; readonly columns?: number } = {},
): MemoryLog {
  const written = { stdout: '', stderr: '' }
  const { terminal = false, columns = 80, ...rest } = world
  const log = createLogOn({
    level: 'info',
    format: 'text',
    screen: createScreen({
      writer: { write: (text) => void (written.stderr += text) },
      terminal,
      columns: () => columns,
    }),
    stdout: { write: (text) => void (written.stdout += text) },
    coloured: false,
    pid: 7,
    cwd: '/',
    startedAt: 0,
    now: () => 1_753_000_000_125,
    ...rest,
  })
  return { log, written }
}
