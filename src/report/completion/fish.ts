import type { CommandDescription, OptionDescription } from './describe.js'

/** The script that completes the program's command line in fish. */
export function fishCompletion({ name, options, commands }: CommandDescription): string {
  const among = commands.map((command) => command.name).join(' ')
  const lines = [
    `complete -c ${name} -f`,
    ...options.map((option) => `complete -c ${name} ${optionSpec(option)}`),
    ...commands.flatMap((command) => {
      const inside = `complete -c ${name} -n '__fish_seen_subcommand_from ${command.name}'`
      return [
        `complete -c ${name} -n 'not __fish_seen_subcommand_from ${among}' -a ${command.name} -d ${quoted(command.text)}`,
        ...command.options.map((option) => `${inside} ${optionSpec(option)}`),
        ...command.arguments
          .filter(({ choices }) => choices.length > 0)
          .map(({ choices }) => `${inside} -a '${choices.join(' ')}'`),
      ]
    }),
  ]
  return `# fish completion for ${name}\n${lines.join('\n')}\n`
}

function optionSpec({ names, text, value, choices }: OptionDescription): string {
  const words = names.map((word) => (word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`))
  const values = { none: [], file: ['-r', '-F'], choice: ['-x', `-a '${choices.join(' ')}'`], text: ['-x'] }
  return [...words, ...values[value], '-d', quoted(text)].join(' ')
}

function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
