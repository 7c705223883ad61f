import { askInterpreter } from '../config/interpreter.js'
import { loadConfig } from '../config/load.js'
import { ConfigError, ConfigMissingError, EXIT } from '../errors.js'
import { PLUGIN_TABLE } from '../filters/index.js'
import { readEnvironments } from '../filters/environments.js'
import { nearest } from '../model/nearest.js'
import type { Environment } from '../packaging/environment.js'
import { parseEnvironment } from '../packaging/environment.js'
import { describeEnvironment, environmentText } from '../report/environments.js'
import type { Setting } from './open.js'

export interface EnvironmentsOptions {
  readonly json: boolean
  /** program that is asked for this machine's environment */
  readonly python: string
}

type EnvironmentsSetting = Pick<Setting, 'configPath' | 'env' | 'print'>

/** `bandersnatch environments [NAME...]`: the line for this machine's Python, or what the named environments mean. */
export async function environmentsCommand(
  setting: EnvironmentsSetting,
  names: readonly string[],
  options: EnvironmentsOptions,
): Promise<number> {
  if (names.length > 0) {
    const described = named(setting, names).map(describeEnvironment)
    setting.print(options.json ? JSON.stringify(described, null, 2) : described.map(environmentText).join('\n\n'))
    return EXIT.ok
  }
  const { program, definition } = askInterpreter(options.python)
  const all = configured(setting)
  if (options.json) {
    const list = all.map(({ name, text }) => ({ name, definition: text }))
    setting.print(JSON.stringify({ machine: { program, definition }, configured: list }, null, 2))
    return EXIT.ok
  }
  // All of it may be appended to a configuration.
  const lines = all.map(({ name, text }) => `#   ${name} = ${text}`)
  const others = lines.length === 0 ? [] : [`# ${setting.configPath} has:`, ...lines]
  setting.print([`# ${program}`, `this-machine = ${definition}`, ...others].join('\n'))
  return EXIT.ok
}

/** Without a configuration file there are none: somebody may be about to write it. */
function configured({ configPath, env }: EnvironmentsSetting): Environment[] {
  try {
    return readEnvironments(loadConfig(configPath, { env, plugins: PLUGIN_TABLE }).file)
  } catch (error) {
    if (error instanceof ConfigMissingError) return []
    throw error
  }
}

/** Those of the configuration, and what is written as a definition: with a blank. @throws ConfigError */
function named(setting: EnvironmentsSetting, names: readonly string[]): Environment[] {
  const all = names.every(isDefinition) ? [] : configured(setting)
  return names.map((name) => {
    if (isDefinition(name)) return parsed(name)
    const found = all.find((one) => one.name === name)
    if (found !== undefined) return found
    const known = all.map((one) => one.name)
    const meant = nearest(name, known)
    const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`
    const listed = known.length === 0 ? 'has none' : `has ${known.join(', ')}`
    throw new ConfigError(
      `${JSON.stringify(name)} is not an environment${hint}; [environments] in ${setting.configPath} ${listed}`,
    )
  })
}

function isDefinition(text: string): boolean {
  return /\s/.test(text.trim())
}

function parsed(definition: string): Environment {
  const result = parseEnvironment('environment', definition)
  if (result.ok) return result.environment
  const meant = nearest(result.word, result.known)
  throw new ConfigError(`${result.problem}${meant === undefined ? '' : `; did you mean ${meant}?`}`)
}
