import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Setting } from '../../src/commands/open.js'
import type { RunLog } from '../../src/log/log.js'
import { memoryLog } from '../log/support.js'

export interface Bench {
  readonly directory: string
  readonly mirror: string
  readonly setting: Setting & { readonly log: RunLog }
  /** what came on stdout and stderr so far */
  /** Another text of the configuration; returns its path. */
  readonly configWith: (text: string, instead: string) => string
  readonly printed: () => string
  readonly logged: () => string
}

/** A directory with a configuration, and what cli.ts gives to commands. `options`: further lines of [mirror]. */
export function bench(master: string, options = '', env: Record<string, string> = {}): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'command-'))
  const mirror = join(directory, 'mirror')
  const configPath = join(directory, 'bandersnatch.conf')
  writeFileSync(configPath, `[mirror]\ndirectory = ${mirror}\nmaster = ${master}\nallow-non-https = true\n${options}`)
  const { log, written } = memoryLog({ cwd: directory })
  const printed: string[] = []
  const print = (text: string): void => void printed.push(`${text}\n`)
  const output = { progress: false, format: 'text', level: 'info', summaryJson: undefined } as const
  const setting = { configPath, cwd: directory, env, log, output, print, stop: new AbortController() }
  const configWith = (text: string, instead: string): string => {
    writeFileSync(configPath, readFileSync(configPath, 'utf8').replaceAll(text, instead))
    return configPath
  }
  return { directory, mirror, setting, configWith, printed: () => printed.join(''), logged: () => written.stderr }
}
