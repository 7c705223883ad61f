import { Argument, Command, Option } from 'commander'
import type { Completion } from './commands/completion.js'
import { bandwidthOption, runForOption, seconds, wholeNumber } from './program-options.js'
import { EXAMPLES } from './report/completion/examples.js'
import type { Overrides, Setting } from './commands/open.js'
import type { LockOptions } from './commands/lock.js'
import { packageVersion } from './config/version.js'
import type { MirrorOptions } from './mirror/mirror.js'
import type { VerifyOptions } from './mirror/verify/types.js'

/** Accepted before and after the subcommand. */
export interface GlobalOptions {
  readonly config: string
  readonly debug: boolean
  readonly verbose: boolean
  readonly quiet: boolean
  readonly logFormat: 'text' | 'json'
  readonly progress: boolean
  readonly summaryJson?: string
}

export type Run = (setting: Setting) => Promise<number>
export type Execute = (options: GlobalOptions, run: Run) => Promise<void>

/** The commander program. `execute` runs a subcommand, which is only loaded then; `print` writes to stdout. */
export function createProgram(execute: Execute, print: (text: string) => void): Command {
  const program = new Command('bandersnatch')
    .description('Mirrors the Python Package Index.')
    .version(`bandersnatch ${packageVersion()}`, '--version', 'print the version')
    .option('-c, --config <file>', 'the configuration', '/etc/bandersnatch.conf')
    .option('--debug', 'log everything, and where an error comes from', false)
    .option('--verbose', 'log every request and file', false)
    .option('--quiet', 'log warnings and errors only; mirror says only what is new since its last run', false)
    .addOption(new Option('--log-format <format>', 'how log lines look').choices(['text', 'json']).default('text'))
    .option('--no-progress', 'do not show on a terminal how far the run is')
    .option('--summary-json <file>', 'write what the run did to this file, as JSON')
    .configureHelp({ showGlobalOptions: true, optionDescription: describedOption })
    .addHelpText('after', "\n'bandersnatch COMMAND --help' shows the options of a command, with examples.")
    .showSuggestionAfterError()
    .exitOverride()
  const run = (what: Run): Promise<void> => execute(program.opts<GlobalOptions>(), what)
  addMirror(program, run)
  addSync(program, run)
  addVerify(program, run)
  addDelete(program, run)
  addInspecting(program, run)
  addCompletion(program, print)
  program.commands.forEach(addExamples)
  return program
}

interface MirrorFlags {
  readonly dryRun: boolean
  readonly quick: boolean
  readonly explain?: string[]
  readonly json: boolean
}

type Runner = (what: Run) => Promise<void>

function addMirror(program: Command, run: Runner): void {
  program
    .command('mirror')
    .description('bring the mirror up to date with upstream: what cron runs')
    .option('--force-check', 'compare every project with upstream; files that are right are not fetched again', false)
    .option('--allow-removals', 'remove withdrawn projects even where removal-limit forbids it', false)
    .option('--all', 'mirror all of PyPI even where it cannot fit: for one run what everything = true says', false)
    .option('--retry-failed', 'ask at once for projects that failed in several runs', false)
    .addOption(runForOption())
    .addOption(bandwidthOption())
    .option('--if-free', 'end with exit code 0 where another run is at work', false)
    .option('--wait <time>', 'how long to wait for another run: 90s, 10m or 2h', seconds, 0)
    .option('--dry-run', 'only print what would be done and why, with sizes', false)
    .option('--quick', 'with --dry-run: leave out sizes, which cost a request for each project', false)
    .option('--explain <name...>', 'print which filter decides over a project, and what the mirror remembers of it')
    .option('--json', 'with --dry-run or --explain: print it as JSON', false)
    .action(async (options: MirrorOptions & Overrides & LockOptions & MirrorFlags, command: Command) => {
      needsDryRun(command, { '--quick': options.quick }, options.dryRun)
      needsDryRun(command, { '--json': options.json }, options.dryRun || options.explain !== undefined)
      if (options.dryRun || options.explain !== undefined) {
        const { dryRunCommand } = await import('./commands/dry-run.js')
        return run((setting) => dryRunCommand(setting, { ...options, explain: options.explain ?? [] }))
      }
      const { mirrorCommand } = await import('./commands/mirror.js')
      return run((setting) => mirrorCommand(setting, options))
    })
}

function addSync(program: Command, run: Runner): void {
  program
    .command('sync')
    .description('bring only the named projects up to date, whatever the project filters say')
    .argument('<package...>', 'names of projects, in any spelling')
    .addOption(bandwidthOption())
    .option('--skip-simple-root', 'do not write the root of the simple index', false)
    .option('--dry-run', 'only print what would be done, with sizes', false)
    .option('--json', 'with --dry-run: print the plan as JSON', false)
    .action(
      async (
        names: string[],
        options: Overrides & { skipSimpleRoot: boolean; dryRun: boolean; json: boolean },
        command: Command,
      ) => {
        needsDryRun(command, { '--json': options.json }, options.dryRun)
        const { syncCommand } = await import('./commands/sync.js')
        return run((setting) => syncCommand(setting, names, options))
      },
    )
}

function addVerify(program: Command, run: Runner): void {
  program
    .command('verify')
    .description('check stored documents, pages and files, and repair what is missing or wrong')
    .option('--delete', 'remove files that no page names', false)
    .option('--dry-run', 'only say what there is to repair and to remove', false)
    .option('--json', 'with --dry-run: print what would be done as JSON', false)
    .option('--json-update', 'fetch the metadata documents anew first', false)
    .option('--attestations', 'check the stored attestations of release files, too', false)
    .option('--workers <n>', 'projects looked at together, instead of verifiers in the configuration', wholeNumber, 0)
    .addOption(runForOption())
    .addOption(bandwidthOption())
    .option('--restart', 'begin with the first project although an earlier verify was stopped half-way', false)
    .option('--yes', 'remove files and projects even where a guard would refuse', false)
    .action(async (options: VerifyOptions & Overrides & { workers: number; json: boolean }, command: Command) => {
      needsDryRun(command, { '--json': options.json }, options.dryRun)
      const { verifyCommand } = await import('./commands/verify.js')
      return run((setting) => verifyCommand(setting, options))
    })
}

function addDelete(program: Command, run: Runner): void {
  program
    .command('delete')
    .description('remove everything that the mirror has of the named projects')
    .argument('<package...>', 'names of projects, in any spelling')
    .option('--dry-run', 'only say what would be removed', false)
    .option('--json', 'with --dry-run: print what would be removed as JSON', false)
    .option('--workers <n>', 'has no effect; bandersnatch 8.0 has it', wholeNumber, 0)
    .action(async (names: string[], options: { dryRun: boolean; json: boolean }, command: Command) => {
      needsDryRun(command, { '--json': options.json }, options.dryRun)
      const { deleteCommand } = await import('./commands/delete.js')
      return run((setting) => deleteCommand(setting, names, options))
    })
}

function addInspecting(program: Command, run: Runner): void {
  program
    .command('check-config')
    .description('print what the configuration means and whether a run with it could work')
    .option('--offline', 'ask neither the master nor the proxy', false)
    .action(async (options: { offline: boolean }) => {
      const { checkConfigCommand } = await import('./commands/check-config.js')
      return run((setting) => checkConfigCommand(setting, options))
    })
  program
    .command('status')
    .description('print what the mirror holds, what fails and how old it is')
    .option('--json', 'print everything as JSON', false)
    .option('--html <file>', 'write a page with charts to this file')
    .option('--online', 'ask upstream how far behind the mirror is', false)
    .option('--largest <n>', 'how many projects to list; 0 for all', wholeNumber, 10)
    .action(async (options: { json: boolean; html?: string; online: boolean; largest: number }) => {
      const { statusCommand } = await import('./commands/status.js')
      return run((setting) => statusCommand(setting, { ...options, html: options.html }))
    })
  program
    .command('advisories')
    .description('print what advisories block, and why (filter osv_malware)')
    .argument('[package...]', 'names of projects, in any spelling; else those of which the mirror blocks something')
    .option('--all', 'every project that the database names', false)
    .option('--json', 'print it as JSON, with the state of the database', false)
    .action(async (names: string[], options: { all: boolean; json: boolean }) => {
      const { advisoriesCommand } = await import('./commands/advisories.js')
      return run((setting) => advisoriesCommand(setting, { ...options, names }))
    })
  program
    .command('closure')
    .description('print what the requirements and lock files of [closure] need, as a tree with sizes')
    .option('--why <name...>', 'print why a project is needed: the requirements that lead to it')
    .option('--json', 'print everything as JSON', false)
    .action(async (options: { why?: string[]; json: boolean }) => {
      const { closureCommand } = await import('./commands/closure.js')
      return run((setting) => closureCommand(setting, { ...options, why: options.why ?? [] }))
    })
  program
    .command('environments')
    .description('print the [environments] line for the Python of this machine, or what environments mean')
    .argument('[environment...]', 'names of environments in the configuration, or definitions in quotes')
    .option('--json', 'print everything as JSON', false)
    .option('--python <program>', 'the Python that is asked', 'python3')
    .action(async (names: string[], options: { json: boolean; python: string }) => {
      const { environmentsCommand } = await import('./commands/environments.js')
      return run((setting) => environmentsCommand(setting, names, options))
    })
  program
    .command('serve')
    .description('serve the mirror for trials and closed networks; production wants nginx or Caddy')
    .option('--port <n>', 'port to listen on; 0 for any free one', '8080')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .action(async (options: { port: string; host: string }) => {
      const { serveCommand } = await import('./commands/serve.js')
      return run((setting) => serveCommand(setting, options))
    })
}

function addCompletion(program: Command, print: (text: string) => void): void {
  program
    .command('completion')
    .description('print completions for a shell, or the manual page (man)')
    .addArgument(new Argument('<shell>', 'what to print for').choices(['bash', 'zsh', 'fish', 'man']))
    .action(async (kind: Completion) => {
      const { completionText } = await import('./commands/completion.js')
      print(completionText(program, kind))
    })
}

/** As commander has it, but for defaults that say nothing: an option that is off unless given. */
function describedOption(option: Option): string {
  const { description, argChoices } = option
  const defaultValue: unknown = option.defaultValue
  const notes = [
    ...(argChoices === undefined ? [] : [`one of ${argChoices.join(', ')}`]),
    ...(typeof defaultValue === 'string' || (typeof defaultValue === 'number' && defaultValue > 0)
      ? [`default: ${defaultValue}`]
      : []),
  ]
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`
}

/** Who asks for a plan in some form must not start the run instead. */
function needsDryRun(command: Command, given: Readonly<Record<string, boolean>>, dryRun: boolean): void {
  for (const [flag, set] of Object.entries(given)) {
    if (set && !dryRun) command.error(`error: option '${flag}' needs '--dry-run'`)
  }
}

/** `Examples:` at the end of a command's help, with what each is for behind it. */
function addExamples(command: Command): void {
  const examples = EXAMPLES[command.name()] ?? []
  const width = Math.max(...examples.map(([line]) => line.length))
  const lines = examples.map(([line, purpose]) => `  bandersnatch ${line.padEnd(width)}  # ${purpose}`)
  command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`)
}
