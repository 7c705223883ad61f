import type { CommandDescription, OptionDescription } from './describe.js'

/** The script that completes the program's command line in zsh. */
export function zshCompletion({ name, options, commands }: CommandDescription): string {
  const cases = commands.map((command) => {
    const rest = command.arguments.map(({ name: argument, choices }) =>
      quoted(`*:${argument}:${choices.length > 0 ? `(${choices.join(' ')})` : ''}`),
    )
    return `        ${command.name}) _arguments ${[...[...command.options, ...options].map(argumentSpec), ...rest].join(' \\\n          ')} ;;`
  })
  return `#compdef ${name}
_${name}() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
${commands.map((command) => `    ${quoted(`${command.name}:${command.text.replace(/:/g, '\\:')}`)}`).join('\n')}
  )
  _arguments -C ${options.map(argumentSpec).join(' \\\n    ')} \\
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
${cases.join('\n')}
      esac ;;
  esac
}
if [ "$funcstack[1]" = _${name} ]; then _${name} "$@"; else compdef _${name} ${name}; fi
`
}

function argumentSpec({ names, text, value, valueName, choices }: OptionDescription): string {
  const says = `[${text.replace(/[[\]\\:]/g, '\\$&')}]`
  const actions = {
    none: '',
    file: `:${valueName}:_files`,
    choice: `:${valueName}:(${choices.join(' ')})`,
    text: `:${valueName}:`,
  }
  const exclusive = names.length > 1 ? `(${names.join(' ')})` : ''
  return names.map((word) => quoted(`${exclusive}${word}${says}${actions[value]}`)).join(' ')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
