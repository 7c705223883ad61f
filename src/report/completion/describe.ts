import type { Command, Option } from 'commander'

/** What can follow an option or stand as an argument. */
export type ValueKind = 'none' | 'file' | 'choice' | 'text'

export interface OptionDescription {
  /** as in --help: `-c, --config <file>` */
  readonly flags: string
  /** the spellings: `-c`, `--config` */
  readonly names: readonly string[]
  readonly text: string
  readonly value: ValueKind
  /** what the value is called */
  readonly valueName: string
  readonly choices: readonly string[]
}

export interface ArgumentDescription {
  /** as in --help: `<package...>` */
  readonly term: string
  readonly name: string
  readonly text: string
  readonly choices: readonly string[]
}

export interface CommandDescription {
  readonly name: string
  readonly text: string
  readonly options: readonly OptionDescription[]
  readonly arguments: readonly ArgumentDescription[]
  readonly commands: readonly CommandDescription[]
}

/** A commander program as plain data: what completions and the manual page are made of. */
export function describeProgram(program: Command): CommandDescription {
  const help = program.createHelp()
  return {
    name: program.name(),
    text: program.description(),
    options: help.visibleOptions(program).map(describeOption),
    arguments: program.registeredArguments.map((argument) => ({
      term: help.argumentTerm(argument) === '' ? '' : termOf(argument.name(), argument.required, argument.variadic),
      name: argument.name(),
      text: argument.description,
      choices: argument.argChoices ?? [],
    })),
    commands: help
      .visibleCommands(program)
      .filter((command) => command.name() !== 'help')
      .map(describeProgram),
  }
}

function termOf(name: string, required: boolean, variadic: boolean): string {
  const inner = variadic ? `${name}...` : name
  return required ? `<${inner}>` : `[${inner}]`
}

function describeOption(option: Option): OptionDescription {
  const valueName = /[<[]([^>\].]+)/.exec(option.flags)?.[1] ?? ''
  const choices = option.argChoices ?? []
  return {
    flags: option.flags,
    names: [option.short, option.long].filter((name) => name !== undefined),
    text: option.description,
    value: valueName === '' ? 'none' : choices.length > 0 ? 'choice' : valueName === 'file' ? 'file' : 'text',
    valueName,
    choices,
  }
}
