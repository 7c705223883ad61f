import { ENABLED_BEFORE, OBSOLETE, RENAMED_PLUGINS, RENAMED_SECTIONS } from '../../src/config/earlier-releases.js'
import type { OptionSpec, SectionSpec } from '../../src/config/option-spec.js'
import { sectionsWith } from '../../src/config/sections.js'
import { PLUGIN_TABLE } from '../../src/filters/index.js'

const INTRODUCTION = `# Configuration

<!-- Made from the tables in src/config/options/ and src/filters/; \`npx vitest run test/config/docs.test.ts -u\` writes it anew. -->

One file contains all settings. Select it with \`-c FILE\`; the default is \`/etc/bandersnatch.conf\`. If the file is
missing, a commented example is written there. A \`bandersnatch.conf\` of bandersnatch 8.0 works unchanged.

The file is parsed the way Python's \`configparser\` does it:

- A file consists of \`[section]\` lines, each followed by \`option = value\` lines. Only \`=\` separates name and value. Names
  are case-sensitive.
- A comment needs its own line, which begins with \`#\` or \`;\`. Elsewhere in a line, these characters are part of the value.
- A value continues on the following lines if they are indented deeper than the option.
- \`%(name)s\` is replaced by the value of another option in the section or in \`[DEFAULT]\`. \`%%\` is a percent sign.
- Options in \`[DEFAULT]\` apply to every section that does not set them itself.
- A duplicate section or option is an error.

An invalid value ends the program with exit code 2 and one line that names the option, before anything is written. Unknown
names cause a warning. Passwords and secret keys never appear in a message.

Options marked with + are new in this program. bandersnatch 8.0 ignores them.
`

const code = (text: string): string => `\`${text}\``

function allowed(spec: OptionSpec): string {
  if (spec.choices !== undefined) {
    const list = spec.choices.map(code).join(', ')
    return spec.type === 'list' ? `list of ${list}` : `${list}${spec.foldCase === undefined ? '' : ' (any case)'}`
  }
  if (spec.type === 'url') return `URL: ${(spec.schemes ?? []).join(', ')}`
  const from = spec.min === undefined ? '' : `, ${spec.min}${spec.max === undefined ? ' or more' : `–${spec.max}`}`
  return `${spec.type}${from}`
}

function defaultText(spec: OptionSpec): string {
  if (spec.required === true && spec.default === undefined) return '(required)'
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

function earlierText(): string {
  const renamed = [...RENAMED_SECTIONS].map(([name, today]) => [`[${name}]`, `[${today}]`] as const)
  const enabled = ENABLED_BEFORE.map(([section, option]) => [`[${section}] ${option}`, '[plugins] enabled'] as const)
  const plugins = [...RENAMED_PLUGINS].map(([name, today]) => [`plugin ${name}`, today] as const)
  const read = [...renamed, ...enabled, ...plugins].map(([name, today]) => `| ${code(name)} | ${code(today)} |`)
  const ignored = OBSOLETE.map(({ section, option, instead }) => {
    return `| ${code(`[${section}]${option === undefined ? '' : ` ${option}`}`)} | ${instead} |`
  })
  return `## Settings of earlier releases

What limits the mirror is read as it was meant, with one warning that says how to write it today:

${['| setting | read as |', '| --- | --- |', ...read].join('\n')}

- Where both the earlier and the present name are set, the present one counts.
- \`[blacklist] plugins = all\` enables the plugins that bandersnatch 3 had, not those that came later.
- bandersnatch 3.0 and 3.1 enabled all plugins where none was named. A file with a section \`[blacklist]\` or
  \`[whitelist]\` and no list of plugins gets those whose options it sets, but for \`prerelease_release\`.

These have no effect; each is warned of once:

${['| setting | |', '| --- | --- |', ...ignored].join('\n')}
`
}

/** The text of docs/configuration.md. */
export function configurationDocs(): string {
  return [INTRODUCTION, ...[...sectionsWith(PLUGIN_TABLE)].map(sectionText), earlierText()].join('\n')
}
