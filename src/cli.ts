import { Command, CommanderError } from 'commander'
import { packageVersion } from './config/version.js'
import { BandersnatchError, ConfigMissingError, EXIT, errorText } from './errors.js'
import type { Setting } from './commands/open.js'
import type { Log } from './log.js'

/** Ends a run from outside; the exit code tells a shell which signal it was. */
class InterruptedError extends BandersnatchError {
  override readonly name = 'InterruptedError'
  constructor(
    signal: string,
    override readonly exitCode: number,
  ) {
    super(`Interrupted by ${signal}: downloads are stopped, what is done is kept, the next run goes on from here`)
  }
}

interface GlobalOptions {
  readonly config: string
  readonly debug: boolean
}

type Run = (setting: Setting) => Promise<number>

/** The commander program. `execute` runs a subcommand with the global options. */
function createProgram(execute: (options: GlobalOptions, run: Run) => Promise<void>): Command {
  const program = new Command('bandersnatch')
    .description('Mirrors the Python Package Index.')
    .version(`bandersnatch ${packageVersion()}`, '--version', "show program's version number and exit")
    .option('-c, --config <file>', 'use configuration file', '/etc/bandersnatch.conf')
    .option('--debug', 'turn on extra logging (DEBUG level)', false)
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .exitOverride()
  const global = (): GlobalOptions => program.opts()
  program
    .command('mirror')
    .description('bring the mirror up to date with upstream')
    .option('--force-check', 'compare every project with upstream, whatever the state files say', false)
    .option('--allow-removals', 'remove withdrawn projects even where removal-limit forbids it', false)
    .action(async (options: { forceCheck: boolean; allowRemovals: boolean }) => {
      const { mirrorCommand } = await import('./commands/mirror.js')
      await execute(global(), (setting) => mirrorCommand(setting, options))
    })
  return program
}

/** Runs the program and returns its exit code: the one place where an error becomes one. */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok
  const program = createProgram(async (options, run) => {
    const { createLog } = await import('./log.js')
    const log = createLog({ level: options.debug ? 'debug' : 'info', format: 'text' })
    exitCode = await guarded(log, options, run)
  })
  if (argv.length === 0) {
    program.outputHelp()
    return EXIT.ok
  }
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? EXIT.ok : EXIT.config
  }
  return exitCode
}

async function guarded(log: Log, options: GlobalOptions, run: Run): Promise<number> {
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    const exitCode = signal === 'SIGINT' ? EXIT.sigint : EXIT.sigterm
    // A second signal does not wait for anything.
    if (stop.signal.aborted) process.exit(exitCode)
    stop.abort(new InterruptedError(signal, exitCode))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
  try {
    return await run({ configPath: options.config, cwd: process.cwd(), env: process.env, log, stop })
  } catch (error) {
    return report(log, error, options)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

async function report(log: Log, error: unknown, options: GlobalOptions): Promise<number> {
  if (error instanceof ConfigMissingError) {
    const { writeExample } = await import('./config/example.js')
    try {
      writeExample(options.config)
      log.warn(`Config file '${options.config}' was missing; an example is there now. Please review it, then run 'bandersnatch' again.`)
      return error.exitCode
    } catch (failure) {
      log.error(`Config file '${options.config}' is missing, and no example could be written: ${errorText(failure)}`)
      return EXIT.config
    }
  }
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : ''
  if (error instanceof BandersnatchError) {
    log.error(errorText(error))
    if (options.debug) stack.split('\n').forEach((line) => log.debug(line))
    return error.exitCode
  }
  log.error(`Unexpected error, please report it: ${errorText(error)}${options.debug ? '' : ' (--debug shows where)'}`)
  if (options.debug) stack.split('\n').forEach((line) => log.debug(line))
  return EXIT.incomplete
}
