import { ATTESTATION_OPTIONS } from './options/attestations.js'
import { CLOSURE_OPTIONS } from './options/closure.js'
import { MIRROR_OPTIONS } from './options/mirror.js'
import { S3_OPTIONS } from './options/s3.js'
import type { OptionSpec, PluginTable, SectionSpec } from './option-spec.js'

/** Every section that there is, by name. */
export type Sections = ReadonlyMap<string, SectionSpec>

/** All sections with their options: those of the program itself, and those that the plugins read. */
export function sectionsWith(plugins: PluginTable): Sections {
  const names = Object.keys(plugins)
  const enabled: OptionSpec = { type: 'list', choices: ['all', ...names], doc: 'Filter plugins, one a line, or all.' }
  return new Map<string, SectionSpec>([
    ['mirror', { doc: 'What is mirrored, from where and to where.', options: MIRROR_OPTIONS }],
    [
      's3',
      {
        doc: 'The bucket, with `storage-backend = s3`. What is not set comes from the AWS environment.',
        options: S3_OPTIONS,
      },
    ],
    [
      'attestations',
      { doc: 'Who may have built the release files that are mirrored (PEP 740).', options: ATTESTATION_OPTIONS },
    ],
    [
      'closure',
      {
        doc: 'Mirrors what requirements need, for the machines in [environments]. See [closure](closure.md).',
        options: CLOSURE_OPTIONS,
      },
    ],
    [
      'plugins',
      { doc: 'Which filters are enabled. A filter does nothing unless it is named here.', options: { enabled } },
    ],
    ...pluginSections(plugins),
  ])
}

/** The sections that plugins read, in the order of the plugins. Plugins may share sections and options. */
function pluginSections(plugins: PluginTable): [string, SectionSpec][] {
  const sections = new Set(Object.values(plugins).flatMap((read) => Object.keys(read)))
  return [...sections].map((section) => {
    const readers = Object.entries(plugins).filter(([, read]) => read[section] !== undefined)
    const options: Record<string, OptionSpec> = {}
    for (const [, read] of readers) Object.assign(options, read[section])
    return [section, { doc: `For ${listed(readers.map(([name]) => `\`${name}\``))}.`, options }]
  })
}

/** `a`, `a and b`, `a, b and c` */
export function listed(names: readonly string[], word = 'and'): string {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1) ?? ''}`
}

/** An option of a section, by its own name or by one with a `*`. */
export function findOption(sections: Sections, section: string, option: string): OptionSpec | undefined {
  const options = Object.entries(sections.get(section)?.options ?? {})
  return options.find(([name]) => name === option)?.[1] ?? options.find(([name]) => matches(name, option))?.[1]
}

/** Whether an option's name in a table, perhaps with a `*` at its end, means the option. */
export function matches(name: string, option: string): boolean {
  return name.endsWith('*') ? option.startsWith(name.slice(0, -1)) : option === name
}
