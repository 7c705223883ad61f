import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Argument, Command, Option } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../../src/program.js'
import { EXAMPLES } from '../../src/report/completion/examples.js'
import { COMPLETIONS, completionText } from '../../src/commands/completion.js'

/** A program with one of everything. */
function sample(): Command {
  const program = new Command('bandersnatch')
    .description('Mirrors.')
    .version('1', '--version')
    .option('-c, --config <file>', 'use it: a "file" [here]', '/etc/x')
  program.addOption(new Option('--log-format <format>', 'how').choices(['text', 'json']))
  program
    .command('mirror')
    .description("it's the run")
    .option('--force-check', 'all')
    .option('--workers <n>', 'how many')
  program.command('status').description('look').option('--html <file>', 'page')
  program
    .command('completion')
    .description('completions')
    .addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh', 'fish']))
  return program
}

function script(kind: (typeof COMPLETIONS)[number]): string {
  const path = join(mkdtempSync(join(tmpdir(), 'completion-')), `completion.${kind}`)
  writeFileSync(path, completionText(sample(), kind))
  return path
}

const expected = [
  ['', ['--config', '--help', '--log-format', '--version', '-c', '-h', 'completion', 'mirror', 'status']],
  ['mi', ['mirror']],
  ['mirror --f', ['--force-check']],
  ['-c status mirror --f', ['--force-check']],
  ['status --', ['--config', '--help', '--html', '--log-format', '--version']],
  ['--log-format ', ['json', 'text']],
  ['mirror --log-format j', ['json']],
  ['completion f', ['fish']],
] as const

describe('completion in bash', () => {
  const complete = (line: string): string[] => {
    const run =
      'source "$1"; shift; COMP_WORDS=(bandersnatch "$@"); COMP_CWORD=$#; _bandersnatch; printf "%s\\n" "${COMPREPLY[@]}"'
    return execFileSync('bash', ['-c', run, 'bash', script('bash'), ...line.split(' ')], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .sort()
  }
  it.each(expected)('bandersnatch %s', (line, words) => {
    expect(complete(line)).toEqual([...words])
  })
  it('completes files', () => {
    expect(complete('status --html /etc/pass')).toContain('/etc/passwd')
    expect(complete('mirror --workers ')).toEqual([''])
  })
})

describe('completion in fish', () => {
  const complete = (line: string): string[] => {
    const out = execFileSync(
      'fish',
      ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script('fish'), `bandersnatch ${line}`],
      { encoding: 'utf8' },
    )
    return out
      .trim()
      .split('\n')
      .map((found) => found.split('\t')[0] ?? '')
      .sort()
  }
  // fish offers options only once a hyphen is written
  it.each(expected.slice(1))('bandersnatch %s', (line, words) => {
    expect(complete(line)).toEqual(line === 'status --' ? [...words].sort() : [...words])
  })
  it('completes files', () => {
    expect(complete('status --html /etc/pass')).toContain('/etc/passwd')
  })
})

describe('completion in zsh', () => {
  it('completes as typed', () => {
    // A shell in a terminal of its own: zsh completes nowhere else.
    const run = `zmodload zsh/zpty; zpty shell zsh -f -i
zpty -w shell "PS1=; autoload -Uz compinit; compinit -u -D; source '${script('zsh')}'; zstyle ':completion:*' list-colors ''; LISTMAX=0; echo re''ady"
zpty -r shell line '*ready*'
zpty -w -n shell "bandersnatch mirror --f"$'\\t'; sleep 1; zpty -w -n shell $'\\C-u'"bandersnatch mirror --log-format j"$'\\t'; sleep 1
zpty -r -t shell out; print -r -- "$out"; while zpty -r -t shell out; do print -r -- "$out"; done; zpty -d shell`
    const out = execFileSync('zsh', ['-f', '-c', run], { encoding: 'utf8', timeout: 20_000 })
    expect(out).toMatch(/mirror --f.*orce-check/s)
    expect(out).toMatch(/--log-format j.*son/s)
  })
})

describe('the program itself', () => {
  it('shows examples that fit 80 columns in the help of every command, and in the manual page', () => {
    const known = createProgram(
      async () => undefined,
      () => undefined,
    )
    expect(Object.keys(EXAMPLES)).toEqual(known.commands.map((command) => command.name()))
    for (const command of known.commands) {
      const shown: string[] = []
      command.configureOutput({ writeOut: (text) => void shown.push(...text.split('\n')) }).outputHelp()
      for (const [line, purpose] of EXAMPLES[command.name()] ?? []) {
        const found = shown.find((one) => one.replace(/ +#/, ' #') === `  bandersnatch ${line} # ${purpose}`)
        expect(found, line).toBeDefined()
        expect(found?.length).toBeLessThanOrEqual(80)
      }
    }
  })

  const program = createProgram(
    async () => undefined,
    () => undefined,
  )

  it.each(COMPLETIONS)('has %s', (kind) => {
    const text = completionText(program, kind)
    for (const command of ['mirror', 'sync', 'verify', 'delete']) expect(text).toContain(command)
  })

  it('gives scripts that shells can read', () => {
    for (const shell of ['bash', 'zsh', 'fish'] as const) {
      const path = join(mkdtempSync(join(tmpdir(), 'completion-')), shell)
      writeFileSync(path, completionText(program, shell))
      execFileSync(shell, ['-n', path])
    }
  })

  // After a change of the command line: npx vitest run test/commands/completion.test.ts -u
  it('has its manual page in docs', async () => {
    await expect(completionText(program, 'man')).toMatchFileSnapshot('../../docs/bandersnatch.1')
  })

  it('has a manual page without faults', () => {
    const { stdout } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning'], {
      input: completionText(program, 'man'),
      encoding: 'utf8',
    })
    expect(stdout.split('\n').filter((line) => line !== '' && !/missing date/.test(line))).toEqual([])
  })
})
