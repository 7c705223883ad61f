import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { packageVersion } from './config/version.js'
import { BandersnatchError, ConfigMissingError, EXIT, errorText } from './errors.js'
import type { Setting } from './commands/open.js'
import type { MirrorOptions } from './mirror/mirror.js'
import type { VerifyOptions } from './mirror/verify.js'
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
export function createProgram(execute: (options: GlobalOptions, run: Run) => Promise<void>): Command {
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
    .option('--dry-run', 'only print what would be done, with sizes', false)
    .option('--quick', 'with --dry-run: leave out sizes, which cost a request for each project', false)
    .option('--explain <name...>', 'print which filter decides over a project, its releases and files')
    .option('--json', 'print the plan or explanation as JSON', false)
    .action(async (options: MirrorOptions & { dryRun: boolean; quick: boolean; explain?: string[]; json: boolean }) => {
      if (options.dryRun || options.explain !== undefined) {
        const { dryRunCommand } = await import('./commands/dry-run.js')
        return execute(global(), (setting) => dryRunCommand(setting, { ...options, explain: options.explain ?? [] }))
      }
      const { mirrorCommand } = await import('./commands/mirror.js')
      await execute(global(), (setting) => mirrorCommand(setting, options))
    })
  program
    .command('sync')
    .description('bring only the named projects up to date, whatever the project filters say')
    .argument('<package...>', 'names of projects, in any spelling')
    .option('--skip-simple-root', 'do not write the root of the simple index', false)
    .action(async (names: string[], options: { skipSimpleRoot: boolean }) => {
      const { syncCommand } = await import('./commands/sync.js')
      await execute(global(), (setting) => syncCommand(setting, names, options))
    })
  program
    .command('verify')
    .description('check stored files against metadata and repair what is missing or wrong')
    .option('--delete', 'remove files that no project accounts for', false)
    .option('--dry-run', 'only say what would be fetched and removed', false)
    .option('--json-update', 'fetch the metadata documents anew first', false)
    .option('--workers <n>', 'projects looked at together (default: verifiers of the configuration)', wholeNumber, 0)
    .option('--restart', 'begin with the first project although an earlier verify was stopped half-way', false)
    .option('--yes', 'remove files even where more than half of them would go', false)
    .action(async (options: VerifyOptions & { workers: number }) => {
      const { verifyCommand } = await import('./commands/verify.js')
      await execute(global(), (setting) => verifyCommand(setting, options))
    })
  program
    .command('delete')
    .description('remove everything that the mirror has of the named projects')
    .argument('[package...]', 'names of projects, in any spelling')
    .option('--dry-run', 'only say what would be removed', false)
    .option('--workers <n>', 'accepted for bandersnatch 8.0; removing needs none', wholeNumber, 0)
    .action(async (names: string[], options: { dryRun: boolean }) => {
      const { deleteCommand } = await import('./commands/delete.js')
      await execute(global(), (setting) => deleteCommand(setting, names, options))
    })
  return program
}

function wholeNumber(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a whole number is needed.')
}

/** Runs the program and returns its exit code: the one place where an error becomes one. */
export async function main(argv: readonly string[]): Promise<number> {
  // The AWS SDK would print several lines about Node 20 in every run.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
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
    return await run({ configPath: options.config, cwd: process.cwd(), env: process.env, log, print, stop })
  } catch (error) {
    return report(log, error, options)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}

/** A reader that has seen enough (`| head`) ends nothing. */
function print(text: string): void {
  process.stdout.on('error', () => undefined)
  process.stdout.write(`${text}\n`)
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
