import * as fs from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { measure } from './measure.js'
import type { Usage } from './measure.js'
import type { Options } from './options.js'
import type { Place } from './place.js'

/** A program that mirrors: this one, or the one of --vs. */
export interface Tool {
  readonly name: string
  /** the directory of the mirror of that name */
  directory(mirror: string): string
  /** Runs a subcommand on that mirror. */
  run(mirror: string, args: readonly string[], settings?: Settings): Promise<Usage>
  /** Runs it without a mirror. */
  plain(args: readonly string[]): Promise<Usage>
}

export interface Settings {
  /** of the section [mirror], beside those that all mirrors here have */
  readonly mirror?: Readonly<Record<string, string>>
  /** further sections */
  readonly text?: string
  /** further variables of the environment */
  readonly env?: Readonly<Record<string, string>>
}

export interface ToolPlace {
  readonly place: Place
  readonly scratch: string
  readonly options: Options
}

/** @param key names its files; no two tools may have the same */
export function createTool(name: string, argv: readonly string[], where: ToolPlace & { readonly key: string }): Tool {
  const { place, scratch, options, key } = where
  const log = join(scratch, `${key}.log`)
  const env = place.certificate === undefined ? {} : { SSL_CERT_FILE: place.certificate }
  const directory = (mirror: string): string => join(scratch, 'mirrors', key, mirror)
  return {
    name,
    directory,
    async run(mirror, args, settings = {}) {
      const config = join(scratch, `${key}-${mirror}.conf`)
      fs.writeFileSync(
        config,
        configuration(
          {
            directory: directory(mirror),
            master: place.url,
            'allow-non-https': String(place.certificate === undefined),
            json: 'true',
            workers: String(options.workers),
            verifiers: String(availableParallelism()),
            'compare-method': 'hash',
            // On a busy machine a second of silence is no fault.
            timeout: '60',
            ...settings.mirror,
          },
          settings.text ?? '',
        ),
      )
      fs.mkdirSync(join(scratch, 'mirrors', key), { recursive: true })
      return measure({
        argv: [...place.network.asking, ...argv, '-c', config, ...args],
        env: { ...env, ...settings.env },
        log,
      })
    },
    plain: (args) => measure({ argv: [...argv, ...args], env, log }),
  }
}

function configuration(mirror: Readonly<Record<string, string>>, further: string): string {
  return `[mirror]\n${Object.entries(mirror)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('')}\n${further}`
}
