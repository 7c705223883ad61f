import { setFlagsFromString } from 'node:v8'
import { CommanderError } from 'commander'
import { BandersnatchError, ConfigMissingError, EXIT, errorText } from './errors.js'
import type { RunLog } from './log/log.js'
import type { Log, LogLevel } from './log/types.js'
import { createProgram } from './program.js'
import type { GlobalOptions, Run } from './program.js'

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

/** Runs the program and returns its exit code: the one place where an error becomes one. */
export async function main(argv: readonly string[]): Promise<number> {
  // The AWS SDK would print several lines about Node 20 in every run.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
  // undici's parser is WebAssembly, which V8 compiles anew after the first few answers: that takes 30 MB and 0.1 s, at
  // the end of a run that asked one question. Ten times later is early enough for runs that ask thousands.
  setFlagsFromString('--wasm-tiering-budget=20000000')
  let exitCode: number = EXIT.ok
  const program = createProgram(async (options, run) => {
    const { createLog } = await import('./log/log.js')
    const log = createLog({ level: logLevel(options), format: options.logFormat })
    exitCode = await guarded(log, options, run)
    await log.close()
  }, print)
  if (!hasWorkingDirectory()) {
    process.stderr.write('bandersnatch: the current directory was removed; change to another one\n')
    return EXIT.config
  }
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

function logLevel({ debug, verbose, quiet }: GlobalOptions): LogLevel {
  return debug ? 'debug' : verbose ? 'verbose' : quiet ? 'quiet' : 'info'
}

async function guarded(log: RunLog, options: GlobalOptions, run: Run): Promise<number> {
  const stop = new AbortController()
  const onSignal = (signal: NodeJS.Signals): void => {
    const exitCode = signal === 'SIGINT' ? EXIT.sigint : EXIT.sigterm
    // A second signal does not wait for anything.
    if (stop.signal.aborted) {
      log.screen.live('')
      process.exit(exitCode)
    }
    stop.abort(new InterruptedError(signal, exitCode))
  }
  // A bug. The run ends as on a signal, so that nothing is left half done.
  let stray: { readonly error: unknown } | undefined
  const onStray = (error: unknown): void => {
    stray ??= { error }
    stop.abort(error instanceof Error ? error : new Error(String(error)))
  }
  process
    .on('SIGINT', onSignal)
    .on('SIGTERM', onSignal)
    .on('uncaughtException', onStray)
    .on('unhandledRejection', onStray)
  try {
    const { progress, summaryJson, logFormat: format } = options
    const output = { progress, summaryJson, format, level: logLevel(options) }
    const exitCode = await run({
      configPath: options.config,
      cwd: process.cwd(),
      env: process.env,
      log,
      output,
      print,
      stop,
    })
    return stray === undefined ? exitCode : await report(log, stray.error, options)
  } catch (error) {
    return await report(log, error, options)
  } finally {
    // What a quiet run kept back, and did not come to tell.
    log.tell()
    process
      .off('SIGINT', onSignal)
      .off('SIGTERM', onSignal)
      .off('uncaughtException', onStray)
      .off('unhandledRejection', onStray)
  }
}

/** Whether there is a current directory: it may have been removed, and then no relative path means anything. */
function hasWorkingDirectory(): boolean {
  try {
    return process.cwd() !== ''
  } catch {
    return false
  }
}

/** A reader that has seen enough (`| head`) ends nothing. */
function print(text: string): void {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => undefined)
  process.stdout.write(`${text}\n`)
}

async function report(log: Log, error: unknown, options: GlobalOptions): Promise<number> {
  if (error instanceof ConfigMissingError) {
    const { writeExample } = await import('./config/example.js')
    try {
      writeExample(options.config)
      log.warn(
        `Config file '${options.config}' was missing; an example is there now. Please review it, then run 'bandersnatch' again.`,
      )
      return error.exitCode
    } catch (failure) {
      log.error(`Config file '${options.config}' is missing, and no example could be written: ${errorText(failure)}`)
      return EXIT.config
    }
  }
  const known = error instanceof BandersnatchError
  if (known) log.error(errorText(error))
  else
    log.error(`Unexpected error, please report it: ${errorText(error)}${options.debug ? '' : ' (--debug shows where)'}`)
  if (options.debug && error instanceof Error) error.stack?.split('\n').forEach((line) => log.debug(line))
  return known ? error.exitCode : EXIT.incomplete
}
