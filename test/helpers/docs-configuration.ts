import { OBSOLETE, OBSOLETE_PLUGINS } from '../../src/config/obsolete.js'
import { SECTIONS } from '../../src/config/options.js'
import type { OptionSpec, SectionSpec } from '../../src/config/options.js'

const INTRODUCTION = `# Configuration

<!-- Made from src/config/options.ts; \`npx vitest run test/config/docs.test.ts -u\` writes it anew. -->

One file holds all settings; \`-c FILE\` names it, \`/etc/bandersnatch.conf\` is the default. Where there is none,
a commented example is written there. A \`bandersnatch.conf\` of bandersnatch 8.0 can be used as it is.

The file is read as Python's \`configparser\` reads it:

- \`[section]\` lines, and \`option = value\` lines below them. Only \`=\` separates; names are case-sensitive.
- A comment has a line of its own, which begins with \`#\` or \`;\`. Later in a line these are part of the value.
- A value goes on over the following lines that are indented deeper than its option.
- \`%(name)s\` stands for the value of another option of the section or of \`[DEFAULT]\`; \`%%\` is a percent sign.
- Options in \`[DEFAULT]\` are options of every section that does not set them itself.
- A section or option that is there twice is an error.

A value that is not allowed ends the program with one line that names it, and exit code 2, before anything is written.
Names that mean nothing are warned of. Passwords and secret keys never appear in a message.

Options marked with + are new in this program: bandersnatch 8.0 takes no notice of them.
`

const code = (text: string): string => `\`${text}\``

function allowed(spec: OptionSpec): string {
  if (spec.choices !== undefined) {
    const list = spec.choices.map(code).join(', ')
    return spec.type === 'list' ? `list of ${list}` : `${list}${spec.letters === undefined ? '' : ' (any case)'}`
  }
  if (spec.type === 'url') return `URL: ${(spec.schemes ?? []).join(', ')}`
  const from = spec.min === undefined ? '' : `, ${spec.min}${spec.max === undefined ? ' or more' : `–${spec.max}`}`
  return `${spec.type}${from}`
}

function defaultText(spec: OptionSpec): string {
  if (spec.required === true) return '(required)'
  const value = spec.default ?? spec.fallback ?? ''
  return value === '' ? '' : code(value)
}

function optionRow([name, spec]: [string, OptionSpec]): string {
  const cells = [`${code(name)}${spec.added === true ? ' +' : ''}`, allowed(spec), defaultText(spec), spec.doc]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

function sectionText([name, section]: [string, SectionSpec]): string {
  const rows = Object.entries(section.options).map(optionRow)
  const table = ['| option | value | default | |', '| --- | --- | --- | --- |', ...rows]
  return `## [${name}]\n\n${section.doc}\n\n${table.join('\n')}\n`
}

function obsoleteText(): string {
  const settings = OBSOLETE.map(({ section, option, instead }) => {
    return `| ${code(`[${section}]${option === undefined ? '' : ` ${option}`}`)} | ${instead} |`
  })
  const plugins = [...OBSOLETE_PLUGINS].map(([name, today]) => `| plugin ${code(name)} | use ${code(today)} |`)
  const table = ['| setting | |', '| --- | --- |', ...settings, ...plugins]
  return `## Settings of earlier releases\n\nThey have no effect; each is warned of once.\n\n${table.join('\n')}\n`
}

/** The text of docs/configuration.md. */
export function configurationDocs(): string {
  return [INTRODUCTION, ...Object.entries(SECTIONS).map(sectionText), obsoleteText()].join('\n')
}
