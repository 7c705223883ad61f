import { BandersnatchError, errorText } from '../../src/errors.js'
import { createProgram } from '../../src/program.js'
import { memoryLog } from '../log/support.js'

export interface Ran {
  readonly exit: number
  readonly log: string
}

/** `bandersnatch ARGS` in this process, with everything that cli.ts gives to commands. */
export async function runInProcess(
  args: readonly string[],
  where: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ran> {
  const { cwd, env = {} } = where
  const { log, written } = memoryLog({ cwd })
  const output = { progress: false, format: 'text', level: 'info', summaryJson: undefined } as const
  const ended = (exit: number, error = ''): Ran => ({ exit, log: written.stderr + error })
  let exit = 0
  const program = createProgram(
    async (options, run) => {
      exit = await run({
        configPath: options.config,
        cwd,
        env,
        log,
        output,
        print: () => undefined,
        stop: new AbortController(),
      })
    },
    () => undefined,
  )
  try {
    await program.parseAsync([...args], { from: 'user' })
    return ended(exit)
  } catch (error) {
    if (error instanceof BandersnatchError) return ended(error.exitCode, errorText(error))
    throw error
  }
}
