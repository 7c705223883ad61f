import type { CommandDescription, OptionDescription } from './describe.js'

/** The script that completes the program's command line in bash. */
export function bashCompletion({ name, options, commands }: CommandDescription): string {
  const words = (list: readonly OptionDescription[]): string[] => list.flatMap(({ names }) => names)
  const valued = options.filter(({ value }) => value !== 'none')
  const after = [
    ...valued.map((option) =>
      valueCase(
        words([option]).map((word) => `*' ${word}'`),
        option,
      ),
    ),
    ...commands.flatMap((command) =>
      command.options
        .filter(({ value }) => value !== 'none')
        .map((option) =>
          valueCase(
            words([option]).map((word) => `'${command.name} ${word}'`),
            option,
          ),
        ),
    ),
  ]
  const choices = commands.map((command) => {
    const list = [
      ...words(command.options),
      ...words(options),
      ...command.arguments.flatMap((argument) => argument.choices),
    ]
    return `    ${command.name}) words='${[...new Set(list)].join(' ')}' ;;`
  })
  return `# bash completion for ${name}
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
      ${words(valued).join('|')}) ((i++)) ;;
      ${commands.map((command) => command.name).join('|')}) command=\${COMP_WORDS[i]}; break ;;
    esac
  done
  case "$command $prev" in
${after.join('\n')}
  esac
  case $command in
${choices.join('\n')}
    *) words='${[...commands.map((command) => command.name), ...words(options)].join(' ')}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _${name} ${name}
`
}

function valueCase(patterns: readonly string[], { value, choices }: OptionDescription): string {
  const reply =
    value === 'file'
      ? 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))'
      : value === 'choice'
        ? `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur"))`
        : 'COMPREPLY=()'
  return `    ${patterns.join('|')}) ${reply}; return ;;`
}
