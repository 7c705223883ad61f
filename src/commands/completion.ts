import type { Command } from 'commander'
import { bashCompletion } from '../report/completion/bash.js'
import { describeProgram } from '../report/completion/describe.js'
import { fishCompletion } from '../report/completion/fish.js'
import { manualPage } from '../report/completion/manual.js'
import { zshCompletion } from '../report/completion/zsh.js'

const WRITERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion, man: manualPage } as const

/** What `bandersnatch completion` can print: completions for shells, and the manual page. */
export const COMPLETIONS = ['bash', 'zsh', 'fish', 'man'] as const satisfies readonly (keyof typeof WRITERS)[]
export type Completion = (typeof COMPLETIONS)[number]

/** `bandersnatch completion SHELL`: the text, made from the program itself. */
export function completionText(program: Command, kind: Completion): string {
  return WRITERS[kind](describeProgram(program))
}
