import { writeFileSync } from 'node:fs'
import type { Draw } from './ledger-draw.js'

/** Values that a sequence edits, by option of [mirror]. The first of each is where it begins. */
export const OPTIONS = {
  'simple-format': ['ALL', 'HTML', 'JSON'],
  'simple-api-version': ['1.4', '1.1'],
  root_uri: ['', 'https://files.example/mirror'],
  digest_name: ['sha256', 'md5'],
  'core-metadata': ['true', 'false'],
  'hash-index': ['false', 'true'],
  'release-files': ['true', 'false'],
  json: ['false', 'true'],
  keep_index_versions: ['0', '2'],
  'removed-projects': ['unlist', 'delete', 'keep'],
} as const satisfies Record<string, readonly string[]>

/** Values of filters; '' turns one off. */
export const FILTERS = {
  /** releases that `latest_release` keeps */
  latest: ['', '1', '2'],
  /** what `blocklist_release` drops */
  block: ['', 'alpha>=2', 'beta'],
  /** what `allowlist_project` keeps */
  names: ['', 'alpha beta gamma', 'alpha delta epsilon zeta'],
  /** what `exclude_platform` drops */
  platforms: ['', 'windows'],
} as const satisfies Record<string, readonly string[]>

type Setting = keyof typeof OPTIONS | keyof typeof FILTERS
export type LedgerConfig = Readonly<Record<Setting, string>>

const CHOICES: Readonly<Record<string, readonly string[]>> = { ...OPTIONS, ...FILTERS }

export function firstConfig(): LedgerConfig {
  return Object.fromEntries(Object.entries(CHOICES).map(([name, [value]]) => [name, value ?? ''])) as LedgerConfig
}

/** Another value of an option (`options`) or of a filter. */
export function edited(config: LedgerConfig, of: 'options' | 'filters', draw: Draw): LedgerConfig {
  const name = draw.from(Object.keys(of === 'options' ? OPTIONS : FILTERS)) as Setting
  const others = (CHOICES[name] ?? []).filter((value) => value !== config[name])
  return { ...config, [name]: draw.from(others) }
}

const PLUGINS: Readonly<Record<keyof typeof FILTERS, string>> = {
  latest: 'latest_release',
  block: 'blocklist_release',
  names: 'allowlist_project',
  platforms: 'exclude_platform',
}

export interface ConfigPlace {
  readonly directory: string
  readonly master: string
  /** seconds that a request may take in all */
  readonly patience: number
}

/** Writes a configuration file. */
export function writeLedgerConfig(
  path: string,
  config: LedgerConfig,
  { directory, master, patience }: ConfigPlace,
): void {
  const options = Object.keys(OPTIONS).map((name) => `${name} = ${config[name as Setting]}`)
  const plugins = Object.entries(PLUGINS).filter(([name]) => config[name as Setting] !== '')
  const lines = [
    '[mirror]',
    `directory = ${directory}`,
    `master = ${master}`,
    'allow-non-https = true',
    `global-timeout = ${patience}`,
    'withdraw-after = 48',
    ...options,
    ...(plugins.length === 0 ? [] : ['[plugins]', 'enabled =', ...plugins.map(([, plugin]) => `    ${plugin}`)]),
    '[latest_release]',
    `keep = ${config.latest === '' ? '0' : config.latest}`,
    '[blocklist]',
    ...(config.block === '' ? [] : ['packages =', `    ${config.block}`]),
    ...(config.platforms === '' ? [] : ['platforms =', `    ${config.platforms}`]),
    '[allowlist]',
    ...(config.names === '' ? [] : ['packages =', ...config.names.split(' ').map((name) => `    ${name}`)]),
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
}
