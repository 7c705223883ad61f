import { propertyName } from '../../config/option-values.js'
import { isSecret, withoutUserinfo } from '../../config/redact.js'
import { findOption } from '../../config/sections.js'
import { oneLine } from '../../one-line.js'
import type { Config, ConfigFile } from '../../config/types.js'

/** One option with its effective value and where that comes from. */
export interface EffectiveOption {
  readonly section: string
  readonly name: string
  /** a line each; secrets are hidden */
  readonly value: readonly string[]
  readonly from: string
}

/** Every option of [mirror], and those of the other sections that are at work or in the file. */
export function effectiveOptions(config: Config): EffectiveOption[] {
  const { file } = config
  const sections = [...config.sections.keys()].filter(
    (section) =>
      section === 'mirror' || file.sections().includes(section) || (section === 's3' && config.s3 !== undefined),
  )
  return sections.flatMap((section) =>
    optionNames(config, section).map((name) => effectiveOption(config, section, name)),
  )
}

function optionNames({ file, sections }: Config, section: string): string[] {
  const table = sections.get(section)?.options ?? {}
  const fixed = Object.keys(table).filter((name) => !name.endsWith('*'))
  const free = file
    .options(section)
    .filter((name) => !fixed.includes(name) && file.origin(section, name)?.section === section)
  return [...fixed, ...free.filter((name) => findOption(sections, section, name) !== undefined)]
}

function effectiveOption(config: Config, section: string, name: string): EffectiveOption {
  const { file } = config
  const written = file.get(section, name)
  const origin = file.origin(section, name)
  const used = section === 'mirror' ? readMirrorOption(config, name) : undefined
  const value = used ?? written ?? findOption(config.sections, section, name)?.fallback ?? ''
  const fromEnvironment = name === 'proxy' && section === 'mirror' && value !== '' && (written ?? '') === ''
  return {
    section,
    name,
    value: shown(name, value),
    from: fromEnvironment ? 'environment' : originText(section, origin),
  }
}

function originText(section: string, origin: ReturnType<ConfigFile['origin']>): string {
  if (origin === undefined) return 'default'
  return origin.section === section ? `line ${origin.line}` : `line ${origin.line}, [${origin.section}]`
}

/** What the program makes of the text: absolute paths, numbers, the proxy of the environment. */
function readMirrorOption({ mirror }: Config, name: string): string | undefined {
  const property = propertyName(name)
  const entry = Object.entries(mirror).find(([key]) => key === property)
  if (entry === undefined) return undefined
  const value: unknown = entry[1]
  if (typeof value === 'object') return undefined
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}

function shown(name: string, value: string): string[] {
  if (value !== '' && isSecret(name)) return ['(hidden)']
  return value.split('\n').map((line) => oneLine(/^[a-z][a-z0-9+.-]*:\/\//i.test(line) ? withoutUserinfo(line) : line))
}

/** The options as a table of text, by section. */
export function optionsText(options: readonly EffectiveOption[]): string {
  const longest = (texts: readonly string[]): number => Math.min(44, Math.max(0, ...texts.map((text) => text.length)))
  const nameWidth = longest(options.map(({ name }) => name))
  const valueWidth = longest(options.map(({ value }) => value[0] ?? ''))
  const lines: string[] = []
  let section = ''
  for (const option of options) {
    if (option.section !== section) lines.push(...(section === '' ? [] : ['']), `[${option.section}]`)
    section = option.section
    const [first = '', ...more] = option.value
    lines.push(`  ${option.name.padEnd(nameWidth)} = ${first.padEnd(valueWidth)}  ${option.from}`)
    lines.push(...more.map((line) => `  ${' '.repeat(nameWidth)}   ${line}`))
  }
  return lines.map((line) => line.trimEnd()).join('\n')
}
