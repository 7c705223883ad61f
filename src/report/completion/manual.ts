import { EXIT } from '../../errors.js'
import { EXAMPLES } from './examples.js'
import type { CommandDescription, OptionDescription } from './describe.js'

const EXIT_STATUS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'Everything was done.',
  incomplete: 'The run ended, but something failed or is still to be done.',
  config: 'The configuration or the command line is wrong; nothing was written.',
  nothing: 'There is nothing to verify.',
  locked: 'Another run is at work on the mirror.',
  storage: 'The mirror cannot be read or written: full, read-only, gone.',
  refused: 'verify --delete refused to remove more than half of all files.',
  upstream: 'Upstream could not be asked what changed.',
  sigint: 'Interrupted (Ctrl-C).',
  sigterm: 'Terminated.',
}

/** The manual page, in the man macros of roff. https://man7.org/linux/man-pages/man7/man-pages.7.html */
export function manualPage({ name, text, options, commands }: CommandDescription): string {
  const blocks = [
    `.TH ${name.toUpperCase()} 1`,
    `.SH NAME\n${name} \\- ${escaped(text)}`,
    `.SH SYNOPSIS\n.B ${name}\n[\\fIoptions\\fR] \\fIcommand\\fR [\\fIarguments\\fR]`,
    `.SH OPTIONS\n${options.map(optionBlock).join('\n')}`,
    '.SH COMMANDS',
    ...commands.map((command) => commandBlock(name, command)),
    `.SH EXAMPLES\n${commands
      .flatMap((command) => EXAMPLES[command.name] ?? [])
      .map(([line, purpose]) => exampleBlock(name, line, purpose))
      .join('\n')}`,
    `.SH EXIT STATUS\n${exitBlocks().join('\n')}`,
    '.SH FILES\n.TP\n.I /etc/bandersnatch.conf\nThe configuration, unless \\fB\\-\\-config\\fR names another.',
  ]
  return `${blocks.join('\n')}\n`
}

function commandBlock(program: string, command: CommandDescription): string {
  const synopsis = [program, command.name, ...command.arguments.map(({ term }) => term)].join(' ')
  const named = command.arguments
    .filter(({ text }) => text !== '')
    .map(({ name, text }) => `.TP\n.I ${escaped(name)}\n${escaped(text)}`)
  return [`.SS ${escaped(synopsis)}`, sentence(command.text), ...named, ...command.options.map(optionBlock)].join('\n')
}

function optionBlock({ flags, text }: OptionDescription): string {
  return `.TP\n.B ${escaped(flags)}\n${sentence(text)}`
}

function exampleBlock(program: string, line: string, purpose: string): string {
  return `.TP\n.B ${escaped(`${program} ${line}`)}\n${sentence(purpose)}`
}

function exitBlocks(): string[] {
  const sorted = Object.entries(EXIT_STATUS).map(([key, text]) => ({
    code: Object.entries(EXIT).find(([name]) => name === key)?.[1] ?? 0,
    text,
  }))
  return sorted.sort((a, b) => a.code - b.code).map(({ code, text }) => `.TP\n.B ${code}\n${escaped(text)}`)
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1)
  return escaped(/[.!?]$/.test(whole) ? whole : `${whole}.`)
}

/** Text that roff sets as it stands: hyphens that can be copied, no line that begins as a request. */
function escaped(text: string): string {
  return text.replace(/\\/g, '\\e').replace(/-/g, '\\-').replace(/^[.']/, '\\&$&')
}
