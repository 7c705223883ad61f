import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import { EXIT } from '../../src/errors.js'
import { PLUGIN_TABLE } from '../../src/filters/index.js'

interface Golden {
  /** by case name, the configurations that bandersnatch 8.0 ran with, and those that it refused */
  readonly accepted: Readonly<Record<string, string>>
  readonly refused: Readonly<Record<string, string>>
}

interface GoldenCase {
  readonly name: string
  readonly config: string
  readonly steps: readonly { readonly config?: string }[]
}

/** All configurations of a directory of golden cases; refused ones are named so. */
function readCases(directory: string): Golden {
  const golden: { accepted: Record<string, string>; refused: Record<string, string> } = { accepted: {}, refused: {} }
  for (const entry of readdirSync(directory)) {
    const path = join(directory, entry, 'expect.json')
    if (!existsSync(path)) continue
    const { name, config, steps } = JSON.parse(readFileSync(path, 'utf8')) as GoldenCase
    const outcome = golden[name.endsWith('-refused') ? 'refused' : 'accepted']
    const texts = [config, ...steps.flatMap((step) => step.config ?? [])]
    texts.forEach((text, index) => (outcome[`${name} ${index}`] = text))
  }
  return golden
}

const directory = process.env['GOLDEN_DIR']
const golden =
  directory === undefined
    ? (JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/config/golden.json'), 'utf8')) as Golden)
    : readCases(join(directory, 'cases'))

const temporary = mkdtempSync(join(tmpdir(), 'golden-'))

function load(text: string): ReturnType<typeof loadConfig> {
  const path = join(temporary, 'bandersnatch.conf')
  const upstream = 'http://127.0.0.1:8080'
  const values = { DIR: join(temporary, 'mirror'), AUX: temporary, BASE: upstream, PROXY: upstream }
  writeFileSync(
    path,
    Object.entries(values).reduce((all, [name, value]) => all.replaceAll(`@${name}@`, value), text),
  )
  return loadConfig(path, { env: {}, plugins: PLUGIN_TABLE })
}

describe('configurations of the golden cases', () => {
  it.each(Object.entries(golden.accepted))('accepts %s', (_, text) => {
    const { mirror, warnings } = load(text)
    expect(mirror.directory).toBe(join(temporary, 'mirror'))
    expect(mirror.master).toMatch(/^https?:\/\/.*[^/]$/)
    const unknown = warnings.filter((line) => line.includes('is not a known') && !/\b(diffs|no_such)\b/.test(line))
    expect(unknown).toEqual([])
  })

  it.each(Object.entries(golden.refused))('refuses %s', (_, text) => {
    expect(() => load(text)).toThrow(expect.objectContaining({ exitCode: EXIT.config }) as Error)
  })
})
