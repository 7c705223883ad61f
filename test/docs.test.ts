import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createProgram } from '../src/program.js'
import { readLogConfig } from '../src/log/python/config.js'
import { loadConfig } from '../src/config/load.js'
import { EXIT } from '../src/errors.js'
import { loadFilters, PLUGIN_TABLE } from '../src/filters/index.js'
import { codeBlocks, codeSpans, PAGES as pages, pageText, ROOT } from './helpers/docs/blocks.js'

const program = createProgram(
  async () => undefined,
  () => undefined,
)

function flags(command: Command): Set<string> {
  return new Set(
    [...program.options, ...command.options]
      .flatMap(({ short, long }) => [short, long])
      .concat(['-h', '--help'])
      .filter((flag) => flag !== undefined),
  )
}

/** Every command line of ours that a page shows, in code blocks and in code spans. */
function commandLines(text: string): string[] {
  const code = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap(([, block, span]) =>
    (block ?? span ?? '').split('\n'),
  )
  return code.flatMap(
    (line) =>
      /(?:^|[\s/])bandersnatch(?:\.js)? ((?:-\S+ \S+ )*(?:[a-z-]+)(?: .*)?)$/.exec(
        line.replace(/(?:^|\s+)#.*$/, ''),
      )?.[1] ?? [],
  )
}

describe('the documentation', () => {
  it.each(pages)('%s shows only commands and options that exist', (page) => {
    const wrong: string[] = []
    for (const line of commandLines(readFileSync(join(ROOT, page), 'utf8'))) {
      const words = line.split(/\s+/).filter((word) => word !== '')
      while (words[0]?.startsWith('-') === true) words.splice(0, words[0] === '-c' ? 2 : 1)
      const command = program.commands.find((one) => one.name() === words[0])
      if (command === undefined) {
        if (
          /^[a-z-]+$/.test(words[0] ?? '') &&
          !/^(mirror|sync|verify|delete)$/.test(words[0] ?? '') &&
          line.length < 40
        )
          wrong.push(line)
        continue
      }
      for (const word of words) {
        const flag = /^(--?[a-z][a-z-]*)/.exec(word)?.[1]
        if (flag !== undefined && !flags(command).has(flag)) wrong.push(`${line}: ${flag}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('lists the exit codes that the program has', () => {
    const table = readFileSync(join(ROOT, 'README.md'), 'utf8').split('## Exit codes')[1]?.split('##')[0] ?? ''
    const documented = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) =>
      codes.split(',').map(Number),
    )
    expect(documented.sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b))
  })

  it('names only tests and sources that exist', () => {
    const named = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/`((?:src|test|bench|scripts)\/[\w./-]+\.[a-z]+)`/g)].map(
        ([, path = '']) => path,
      ),
    )
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    expect(named.filter((path) => path.startsWith('test/')).length).toBeGreaterThan(20)
  })

  it('names a test for every threat in SECURITY.md', () => {
    const rows = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8')
      .split('\n')
      .filter((line) => /^\| \*\*/.test(line))
    expect(rows.filter((row) => !/\| (?:`test\/[^`]+`(?:, )?)+ \|$/.test(row))).toEqual([])
    for (const threat of [
      'Arbitrary writes',
      'Tampered files',
      'Endless data',
      'Slow retrieval',
      'Freeze and rollback',
      'Mix-and-match',
      'Mass removal',
    ]) {
      expect(
        rows.some((row) => row.startsWith(`| **${threat}`)),
        threat,
      ).toBe(true)
    }
  })

  it('links only to files that exist', () => {
    const broken = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target = '']) => join(ROOT, page, '..', target))
        .filter((target) => {
          try {
            readFileSync(target)
            return false
          } catch (error) {
            return !String(error).includes('EISDIR')
          }
        }),
    )
    expect(broken).toEqual([])
  })

  it('names only options that exist', () => {
    // of docker, npm, pip, rsync, tar and the bench
    const foreign =
      /^--(trusted-host|user|stop-timeout|platform|index-url|hash|ignore-failed-read|build-arg|prefix|prod|scale|sizes|rows|runs|workers|json|vs|output|cache|port|server|from|needed|version)\b/
    const runner = /^--(hours-range|force-check|health-file|config)\b/
    const known = new Set(program.commands.flatMap((command) => [...flags(command)]))
    const wrong = pages.flatMap((page) =>
      codeSpans(pageText(page))
        .flatMap((span) => /^--[a-z-]+/.exec(span) ?? [])
        .filter((flag) => !known.has(flag) && !runner.test(flag) && !foreign.test(flag))
        .map((flag) => `${page}: ${flag}`),
    )
    expect(wrong).toEqual([])
  })
})

/** Snippets of other programs' configuration, by how they begin. */
const FOREIGN_SNIPPET = /^(#.*\n)?\[Service\]/

describe('configuration in the documentation', () => {
  // docs/filters.md has a test of its own, with the files that its snippets name
  const snippets = pages
    .filter((page) => page !== 'docs/filters.md')
    .flatMap((page) =>
      [...codeBlocks(pageText(page), 'ini'), ...heredocs(pageText(page))].map((text) => ({ page, text })),
    )

  function heredocs(text: string): string[] {
    return codeBlocks(text, 'sh').flatMap((block) =>
      [...block.matchAll(/<<'CONF'\n(.*?)^CONF$/gms)].map(([, body = '']) => body),
    )
  }

  async function warnings(text: string): Promise<readonly string[]> {
    const scratch = mkdtempSync(join(tmpdir(), 'docs-'))
    onTestFinished(() => rmSync(scratch, { recursive: true, force: true }))
    const path = join(scratch, 'file.conf')
    if (text.startsWith('[loggers]')) {
      writeFileSync(path, text.replaceAll('/var/log', scratch))
      return readLogConfig(path).warnings
    }
    const whole = /^directory *=/m.test(text)
      ? text
      : `[mirror]\ndirectory = ${scratch}\n${text.replace(/^\[mirror\]\n/, '')}`
    writeFileSync(path, whole)
    const config = loadConfig(path, { env: {}, plugins: PLUGIN_TABLE })
    return [
      ...config.warnings,
      ...(await loadFilters(config.file, config.enabledPlugins, { directory: scratch })).warnings,
    ]
  }

  it.each(snippets.filter(({ text }) => !FOREIGN_SNIPPET.test(text)))(
    '$page: is read without a warning:\n$text',
    async ({ text }) => {
      expect(await warnings(text)).toEqual([])
    },
  )

  it('would be found with a name or value that is wrong', async () => {
    const sample = snippets.find(({ page }) => page === 'docs/differences.md')?.text ?? ''
    expect(await warnings(sample.replace('api-method', 'api-methods'))).toHaveLength(1)
    await expect(warnings(sample.replace('= keep', '= keeps'))).rejects.toThrow(/must be/)
  })
})

describe('docs/troubleshooting.md', () => {
  const source = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, 'src', name), 'utf8'))
    .join('\n')
  // what the program does not say itself: pip, OpenSSL
  const foreign = [
    'No matching distribution found',
    'THESE PACKAGES DO NOT MATCH THE HASHES',
    'self-signed certificate',
  ]
  const messages = [...pageText('docs/troubleshooting.md').matchAll(/^\| (.*?) \|/gm)]
    .flatMap(([, cell = '']) => codeSpans(cell))
    .filter((message) => !foreign.includes(message))

  it.each(messages)('quotes what the program says: %s', (message) => {
    const stable = message
      .split(/…|""/)
      .map((part) => part.trim())
      .filter((part) => part.length > 3)
    expect(stable.length).toBeGreaterThan(0)
    for (const part of stable) expect(said(part), part).toBe(true)
  })

  /** Messages are put together from templates: each run of words must stand in one of them. */
  function said(part: string): boolean {
    return source
      .replaceAll("\\'", "'")
      .replace(/' \+\s*[`']/g, '')
      .includes(part)
  }

  it('would be found with words that are wrong', () => {
    expect(messages.length).toBeGreaterThan(30)
    expect(said('no space (or no inodes) left')).toBe(true)
    expect(said('no space or inodes left')).toBe(false)
  })
})
