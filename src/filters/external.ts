import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { ConfigFile } from '../config/types.js'
import { ConfigError, errorText, InvalidDocumentError } from '../errors.js'
import { isObject } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import type { Due, Filter } from './types.js'

/** Whether a line of `[plugins] enabled` names a module and no plugin of our own: a path or an npm package. */
export function isExternal(name: string): boolean {
  return name.includes('/') || name.startsWith('@') || /\.m?js$/.test(name)
}

/**
 * Loads a filter that is not part of this program. The module's default export is one of the four kinds of filter, or a function that
 * makes one from the configuration and `{ now }`, milliseconds since the epoch. Paths start from the configuration file's directory; packages are looked for
 * there and beside this program.
 * @throws ConfigError where the module cannot be found or does not export a filter
 */
export async function loadExternal(name: string, config: ConfigFile, now: number): Promise<Filter> {
  try {
    const url = moduleUrl(name, dirname(resolve(config.path)))
    const module: unknown = await import(url)
    const exported = isObject(module) ? module['default'] : undefined
    const made: unknown =
      typeof exported === 'function' ? await Reflect.apply(exported, undefined, [config, { now }]) : exported
    const digest = createHash('sha256')
      .update(readFileSync(fileURLToPath(url)))
      .digest('hex')
    return toFilter(name, digest, made)
  } catch (error) {
    // A plugin that reads its own section has the better message.
    if (error instanceof ConfigError) throw error
    throw config.invalid(
      'plugins',
      'enabled',
      `${JSON.stringify(name)} cannot be used as a filter: ${errorText(error)}`,
    )
  }
}

function moduleUrl(name: string, directory: string): string {
  const isPath = /^\.{0,2}\//.test(name) || (!name.startsWith('@') && /\.m?js$/.test(name))
  if (isPath) return pathToFileURL(resolve(directory, name)).href
  try {
    return pathToFileURL(createRequire(`${directory}/`).resolve(name)).href
  } catch {
    return import.meta.resolve(name)
  }
}

function toFilter(name: string, digest: string, made: unknown): Filter {
  if (!isObject(made)) throw new TypeError('the default export is neither a filter nor a function that returns one')
  const { summary, settings } = made
  const common = {
    name,
    summary: typeof summary === 'string' ? summary : `the filter of ${name}`,
    settings: [digest, settings ?? null],
    ...dueOf(made),
  }
  // Settings that are not plain data (a cycle, a bigint) should be found now, not with the first fingerprint.
  JSON.stringify(settings)
  switch (made['kind']) {
    case 'project':
      return { ...common, kind: 'project', keepProject: decision(made, 'keepProject') }
    case 'metadata':
      return { ...common, kind: 'metadata', keepMetadata: decision(made, 'keepMetadata') }
    case 'release':
      return { ...common, kind: 'release', keepRelease: decision(made, 'keepRelease') }
    case 'release_file':
      return { ...common, kind: 'release_file', keepFile: decision(made, 'keepFile') }
    default:
      throw new TypeError('its kind must be project, metadata, release or release_file')
  }
}

/** A filter's method; what it throws, or any answer but true and false, is a failure of the project asked about. */
function decision(filter: JsonObject, method: string): (...args: unknown[]) => boolean {
  const keep = filter[method]
  if (typeof keep !== 'function') throw new TypeError(`it has no method ${method}`)
  return (...args) => {
    const answer = attempt(() => Reflect.apply(keep, filter, args), method)
    if (typeof answer !== 'boolean') {
      throw new InvalidDocumentError(`${method} answers ${typeof answer}, not true or false`)
    }
    return answer
  }
}

/** The filter's dueAt, where it has one; any answer but a time or nothing is a failure of the project asked about. */
function dueOf(filter: JsonObject): { readonly dueAt?: (...args: unknown[]) => Due } {
  const { dueAt } = filter
  if (dueAt === undefined) return {}
  if (typeof dueAt !== 'function') throw new TypeError('its dueAt is no method')
  return {
    dueAt: (...args) => {
      const answer = attempt(() => Reflect.apply(dueAt, filter, args), 'dueAt')
      if (answer === undefined || answer === null) return undefined
      if (typeof answer === 'number' && Number.isFinite(answer)) return answer
      throw new InvalidDocumentError(`dueAt answers ${typeof answer}, not milliseconds since the epoch`)
    },
  }
}

function attempt(ask: () => unknown, method: string): unknown {
  try {
    return ask()
  } catch (error) {
    throw new InvalidDocumentError(`${method} fails: ${errorText(error)}`, { cause: error })
  }
}
