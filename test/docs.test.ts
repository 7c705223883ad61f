import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { createProgram } from '../src/program.js'
import { EXIT } from '../src/errors.js'

const ROOT = join(import.meta.dirname, '..')
const pages = ['README.md', 'SECURITY.md', 'CHANGELOG.md', ...readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
const program = createProgram(async () => undefined, () => undefined)

function flags(command: Command): Set<string> {
  return new Set([...program.options, ...command.options].flatMap(({ short, long }) => [short, long]).concat(['-h', '--help']).filter((flag) => flag !== undefined))
}

/** Every command line of ours that a page shows, in code blocks and in code spans. */
function commandLines(text: string): string[] {
  const code = [...text.matchAll(/```[a-z]*\n([\s\S]*?)```|`([^`\n]+)`/g)].flatMap(([, block, span]) => (block ?? span ?? '').split('\n'))
  return code.flatMap((line) => /(?:^|[\s/])bandersnatch(?:\.js)? ((?:-\S+ \S+ )*(?:[a-z-]+)(?: .*)?)$/.exec(line.replace(/\s+#.*$/, ''))?.[1] ?? [])
}

describe('the documentation', () => {
  it.each(pages)('%s shows only commands and options that exist', (page) => {
    const wrong: string[] = []
    for (const line of commandLines(readFileSync(join(ROOT, page), 'utf8'))) {
      const words = line.split(/\s+/).filter((word) => word !== '')
      while (words[0]?.startsWith('-') === true) words.splice(0, words[0] === '-c' ? 2 : 1)
      const command = program.commands.find((one) => one.name() === words[0])
      if (command === undefined) {
        if (/^[a-z-]+$/.test(words[0] ?? '') && !/^(mirror|sync|verify|delete)$/.test(words[0] ?? '') && line.length < 40) wrong.push(line)
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
    const documented = [...table.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, codes = '']) => codes.split(',').map(Number))
    expect(documented.sort((a, b) => a - b)).toEqual(Object.values(EXIT).sort((a, b) => a - b))
  })

  it('names only tests and sources that exist', () => {
    const named = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/`((?:src|test|bench|scripts)\/[\w./-]+\.[a-z]+)`/g)].map(([, path = '']) => path))
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
    expect(named.filter((path) => path.startsWith('test/')).length).toBeGreaterThan(20)
  })

  it('names a test for every threat in SECURITY.md', () => {
    const rows = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8').split('\n').filter((line) => /^\| \*\*/.test(line))
    expect(rows.filter((row) => !/\| (?:`test\/[^`]+`(?:, )?)+ \|$/.test(row))).toEqual([])
    for (const threat of ['Arbitrary writes', 'Tampered files', 'Endless data', 'Slow retrieval', 'Freeze and rollback', 'Mix-and-match', 'Mass removal']) {
      expect(rows.some((row) => row.startsWith(`| **${threat}`)), threat).toBe(true)
    }
  })

  it('links only to files that exist', () => {
    const broken = pages.flatMap((page) =>
      [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
        .map(([, target = '']) => join(ROOT, page, '..', target))
        .filter((target) => { try { readFileSync(target); return false } catch (error) { return !String(error).includes('EISDIR') } }))
    expect(broken).toEqual([])
  })
})
