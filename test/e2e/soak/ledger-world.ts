import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { deleteCommand } from '../../../src/commands/delete.js'
import { mirrorCommand } from '../../../src/commands/mirror.js'
import type { Setting } from '../../../src/commands/open.js'
import { syncCommand } from '../../../src/commands/sync.js'
import { verifyCommand } from '../../../src/commands/verify.js'
import { BandersnatchError, errorText, systemCode } from '../../../src/errors.js'
import { startIndex } from '../../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../../helpers/index/index.js'
import { memoryLog } from '../../log/support.js'
import type { Ran } from '../support.js'
import { firstConfig, writeLedgerConfig } from './ledger-config.js'
import type { LedgerConfig } from './ledger-config.js'
import { withCrash } from './ledger-crash.js'
import { createLedgerUpstream } from './ledger-upstream.js'
import type { LedgerUpstream } from './ledger-upstream.js'

export type Command =
  | {
      readonly kind: 'mirror'
      readonly forceCheck?: boolean
      readonly allowRemovals?: boolean
      readonly retryFailed?: boolean
    }
  | { readonly kind: 'sync'; readonly names: readonly string[] }
  | { readonly kind: 'verify'; readonly delete: boolean; readonly jsonUpdate?: boolean }
  | { readonly kind: 'delete'; readonly names: readonly string[] }

/** How a run is interrupted. */
export type Stop =
  /** a signal at a request */
  | { readonly atRequest: number }
  /** the process is killed at a change on disk */
  | { readonly atChange: number }

/** A mirror and its upstream, with what the model has to remember of what was done to them. */
export interface World extends LedgerUpstream {
  config: LedgerConfig
  /** of the mirror; it may move */
  directory: string
  /** milliseconds since the epoch */
  clock: number
  /** serial of upstream when the last run was complete */
  seen: number
  /** what upstream answers instead */
  lie: (request: HookedRequest) => Reaction
  /** normalized name -> serial upstream when the command `delete` removed it; 'unsure' after an interruption */
  readonly deleted: Map<string, number | 'unsure'>
  run(command: Command, stop?: Stop): Promise<Ran>
  /** Runs `mirror` in a new directory, then `delete` of some names, and returns the directory. */
  fresh(without: readonly string[]): Promise<string>
  close(): Promise<void>
}

export const HONEST = (): Reaction => 'pass'

/** A world that is gone when the test ends. */
export async function openWorld(config: Partial<LedgerConfig>): Promise<World> {
  const world = await createWorld()
  onTestFinished(() => world.close())
  world.config = { ...world.config, ...config }
  return world
}

export async function createWorld(): Promise<World> {
  const upstream = createLedgerUpstream()
  const home = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), 'ledger-')))
  let onRequest = (): void => undefined
  let places = 0
  const server = await startIndex(upstream.index, {
    onRequest: (request) => {
      onRequest()
      return world.lie(request)
    },
  })

  function settingFor(directory: string): { setting: Setting; logged: () => string } {
    const configPath = `${directory}.conf`
    writeLedgerConfig(configPath, world.config, {
      directory,
      master: server.url,
      patience: world.lie === HONEST ? 60 : 1,
    })
    const { log, written } = memoryLog({ cwd: home })
    const output = { progress: false, format: 'text', level: 'info', summaryJson: undefined } as const
    const now = (): Date => new Date(world.clock)
    const setting = {
      configPath,
      cwd: home,
      env: {},
      log,
      output,
      print: () => undefined,
      now,
      stop: new AbortController(),
    }
    return { setting, logged: () => written.stderr }
  }

  async function runIn(directory: string, command: Command, stop?: Stop): Promise<Ran> {
    const { setting, logged } = settingFor(directory)
    let left = stop !== undefined && 'atRequest' in stop ? stop.atRequest : Infinity
    onRequest = () => {
      left -= 1
      if (left < 0) setting.stop.abort(new StoppedError('stopped'))
    }
    try {
      const run = (): Promise<number> => execute(setting, command)
      const code =
        stop !== undefined && 'atChange' in stop ? await withCrash(directory, stop.atChange, run) : await run()
      return { code, log: logged() }
    } catch (error) {
      if (error instanceof BandersnatchError) return { code: error.exitCode, log: logged() + errorText(error) }
      // The disk that failed may have failed again where a temporary file was to be removed.
      if (systemCode(error) === 'EIO') return { code: 5, log: logged() + errorText(error) }
      throw error
    } finally {
      onRequest = () => undefined
    }
  }

  const world: World = {
    ...upstream,
    config: firstConfig(),
    directory: join(home, 'mirror'),
    clock: Date.UTC(2026, 0, 1),
    seen: 0,
    lie: HONEST,
    deleted: new Map(),
    run: (command, stop) => runIn(world.directory, command, stop),
    async fresh(without) {
      places += 1
      const directory = join(home, `fresh-${places}`)
      const { code, log } = await runIn(directory, { kind: 'mirror' })
      if (code !== 0) throw new Error(`a fresh mirror ends with ${code}: ${log}`)
      if (without.length > 0) await runIn(directory, { kind: 'delete', names: without })
      return directory
    },
    async close() {
      await server.close()
      fs.rmSync(home, { recursive: true, force: true })
    },
  }
  return world
}

class StoppedError extends BandersnatchError {
  override readonly name = 'StoppedError'
  override readonly exitCode = 143
}

function execute(setting: Setting, command: Command): Promise<number> {
  switch (command.kind) {
    case 'mirror':
      return mirrorCommand(setting, { forceCheck: false, allowRemovals: false, retryFailed: false, ...command })
    case 'sync':
      return syncCommand(setting, command.names, { skipSimpleRoot: false, dryRun: false })
    case 'verify':
      return verifyCommand(setting, {
        jsonUpdate: false,
        dryRun: false,
        restart: false,
        yes: true,
        workers: 0,
        ...command,
      })
    case 'delete':
      return deleteCommand(setting, command.names, { dryRun: false })
  }
}
