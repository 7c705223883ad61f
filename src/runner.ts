import { spawn } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { packageVersion } from './config/version.js'
import { errorText, EXIT } from './errors.js'

/** Runs that may go well next time: incomplete, upstream out of reach, another run at work. */
const TRANSIENT: readonly number[] = [EXIT.incomplete, EXIT.upstream, EXIT.locked]
/** seconds between looks at the clock outside `--hours-range`, and at least after a failed run */
const MINUTE = 60
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface RunnerOptions {
  /** seconds from the start of a run to the start of the next */
  readonly interval: number
  readonly config: string
  /** hours of the day, local time, in which runs start */
  readonly hours: readonly number[]
  readonly forceCheck: boolean
  /** says how the last run ended: `waiting`, `ok`, or `failed: exit code N`. Its time tells that the runner is alive */
  readonly healthFile: string | undefined
}

export interface RunnerWorld {
  /** the program that is run, with its first arguments */
  readonly command: readonly [string, ...string[]]
  readonly print: (line: string) => void
  /** aborted by the first signal */
  readonly stop: AbortSignal
  /** emits signals by name: the process */
  readonly signals: EventEmitter
  readonly now: () => Date
  /** seconds to wait at least after a failed run */
  readonly pauseAfterFailure: number
}

/** As bandersnatch 8.0 reads them: `20-6` runs over midnight, `1` is one hour. @throws InvalidArgumentError */
export function parseHours(text: string): number[] {
  const [, first, last = first] = /^(\d{1,2})(?:-(\d{1,2}))?$/.exec(text) ?? []
  const start = Number(first ?? 24)
  const end = Number(last ?? 24)
  if (start > 23 || end > 23) {
    throw new InvalidArgumentError(`'${text}' is not a range of hours from 0 to 23. Expected '0-5', '20-6' or '1'.`)
  }
  const count = ((end - start + 24) % 24) + 1
  return Array.from({ length: count }, (_, index) => (start + index) % 24)
}

/**
 * Runs `mirror` again and again: what cron does, for a container.
 * @returns the exit code of the run that ends it; 0 when it is stopped between two runs
 */
export async function runPeriodically(options: RunnerOptions, world: RunnerWorld): Promise<number> {
  world.print(`Running bandersnatch every ${options.interval}s`)
  writeHealth(options.healthFile, 'waiting', world.print)
  const alive = setInterval(() => touch(options.healthFile), MINUTE * 1000)
  try {
    return await runUntilStopped(options, world)
  } finally {
    clearInterval(alive)
  }
}

async function runUntilStopped(options: RunnerOptions, world: RunnerWorld): Promise<number> {
  while (!world.stop.aborted) {
    if (!options.hours.includes(world.now().getHours())) {
      await pause(MINUTE, world.stop)
      continue
    }
    const started = performance.now()
    // A run that finds no configuration leaves an example, which nobody has read yet.
    const configured = existsSync(options.config)
    const code = await runMirror(options, world)
    writeHealth(options.healthFile, code === EXIT.ok ? 'ok' : `failed: exit code ${code}`, world.print)
    if (code !== EXIT.ok && (!configured || world.stop.aborted || !TRANSIENT.includes(code))) return code
    if (code !== EXIT.ok) world.print(`The run failed with exit code ${code}; trying again at the next one`)
    const rest = options.interval - (performance.now() - started) / 1000
    const seconds = Math.max(rest, code === EXIT.ok ? 0 : world.pauseAfterFailure)
    if (seconds <= 0) continue
    world.print(`Sleeping for ${Number(seconds.toFixed(3))}s`)
    await pause(seconds, world.stop)
  }
  return EXIT.ok
}

/** One run to its end; signals go on to it. @returns its exit code, 128 + N when signal N ended it */
function runMirror(options: RunnerOptions, world: RunnerWorld): Promise<number> {
  const [program, ...first] = world.command
  const args = [...first, '--config', options.config, 'mirror', ...(options.forceCheck ? ['--force-check'] : [])]
  return new Promise((resolve) => {
    // Of its own process group: else Ctrl-C on a terminal would reach it twice, which means not to wait for anything.
    const child = spawn(program, args, { stdio: 'inherit', detached: true, windowsHide: true })
    const forward = (signal: NodeJS.Signals): void => {
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    }
    for (const signal of SIGNALS) world.signals.on(signal, forward)
    child.once('error', (error) => {
      world.print(`Cannot run ${program}: ${errorText(error)}`)
      resolve(EXIT.config)
    })
    child.once('close', (code, signal) => {
      for (const name of SIGNALS) world.signals.off(name, forward)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

function writeHealth(file: string | undefined, text: string, print: (line: string) => void): void {
  if (file === undefined) return
  try {
    writeFileSync(file, `${text}\n`)
  } catch (error) {
    print(`Cannot write the health file: ${errorText(error)}`)
  }
}

/** A sign of life, whatever the file says. */
function touch(file: string | undefined): void {
  if (file === undefined) return
  try {
    const now = new Date()
    utimesSync(file, now, now)
  } catch {
    // The next run writes the file anew.
  }
}

/** @param seconds timers hold at most 24 days; a longer pause ends then, and nothing is lost by a run too many */
async function pause(seconds: number, stop: AbortSignal): Promise<void> {
  await sleep(Math.min(seconds * 1000, 2 ** 31 - 1), undefined, { signal: stop }).catch(() => undefined)
}

function parseSeconds(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number of seconds.')
  return Number(text)
}

function parseForceCheck(text: string): boolean {
  if (!/^(true|false)$/i.test(text)) throw new InvalidArgumentError("It is 'true' or 'false'.")
  return text.toLowerCase() === 'true'
}

interface Flags {
  readonly config: string
  readonly hoursRange: readonly number[]
  readonly forceCheck: boolean
  readonly healthFile?: string
}

function createProgram(execute: (interval: number, flags: Flags) => Promise<void>): Command {
  return new Command('bandersnatch-runner')
    .description('Runs `bandersnatch mirror` again and again, for containers; elsewhere use cron or a systemd timer.')
    .version(`bandersnatch ${packageVersion()}`, '--version')
    .argument('<seconds>', 'time between the starts of two runs', parseSeconds)
    .option('-c, --config <file>', 'configuration file', '/conf/bandersnatch.conf')
    .addOption(
      new Option('--hours-range <hours>', 'hours of the day in which runs start, such as 20-6 or 2')
        .argParser(parseHours)
        .default(parseHours('0-23'), '0-23'),
    )
    .addOption(
      new Option('--force-check <true|false>', 'compare every project with upstream in each run')
        .argParser(parseForceCheck)
        .default(false),
    )
    .addOption(
      new Option('--health-file <file>', 'say in this file how the last run ended').env('BANDERSNATCH_HEALTH_FILE'),
    )
    .exitOverride()
    .action(execute)
}

/** `bandersnatch-runner`; returns the exit code. */
export async function runnerMain(argv: readonly string[]): Promise<number> {
  const stop = new AbortController()
  for (const signal of SIGNALS) process.on(signal, () => stop.abort())
  let exitCode: number = EXIT.ok
  const program = createProgram(async (interval, { config, hoursRange, forceCheck, healthFile }) => {
    exitCode = await runPeriodically(
      { interval, config, hours: hoursRange, forceCheck, healthFile },
      {
        command: [process.execPath, fileURLToPath(new URL('../bin/bandersnatch.js', import.meta.url))],
        print: (line) => void process.stderr.write(`${line}\n`),
        stop: stop.signal,
        signals: process,
        now: () => new Date(),
        pauseAfterFailure: MINUTE,
      },
    )
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? EXIT.ok : EXIT.config
  }
  return exitCode
}
