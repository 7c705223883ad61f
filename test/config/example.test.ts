import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { EXAMPLE_PATH, writeExample } from '../../src/config/example.js'
import { loadConfig } from '../../src/config/load.js'
import { findOption, sectionsWith } from '../../src/config/sections.js'
import { PLUGIN_TABLE } from '../../src/filters/index.js'

const sections = sectionsWith(PLUGIN_TABLE)
const text = readFileSync(EXAMPLE_PATH, 'utf8')
const everything = text.replace(/^;/gm, '')
const directory = mkdtempSync(join(tmpdir(), 'example-'))

describe('bandersnatch.conf.example', () => {
  it('is written where there is no file, and loads without a warning', () => {
    const path = join(directory, 'new.conf')
    writeExample(path)
    expect(readFileSync(path, 'utf8')).toBe(text)
    const config = loadConfig(path, { env: {}, plugins: PLUGIN_TABLE })
    expect(config.warnings).toEqual([])
    expect(config.enabledPlugins).toEqual([])
    expect(config.mirror).toMatchObject({ directory: '/srv/pypi', master: 'https://pypi.org', workers: 3 })
    expect(() => writeExample(path)).toThrow(/new\.conf: the example cannot be written/)
  })

  it('is good with all settings in force, too', () => {
    const path = join(directory, 'all.conf')
    writeFileSync(path, everything.replace(/^enabled =(?:\n {4}\w+)+/m, 'enabled = all'))
    expect(loadConfig(path, { env: {}, plugins: PLUGIN_TABLE }).warnings).toEqual([])
    writeFileSync(path, everything.replace('storage-backend = filesystem', 'storage-backend = s3'))
    expect([...(loadConfig(path, { env: {}, plugins: PLUGIN_TABLE }).s3?.configParams ?? [])]).toEqual([
      ['ServerSideEncryption', 'aws:kms'],
    ])
  })

  it('has every option of the table, with a comment before it and its default', () => {
    const file = parseConfig(everything, 'all.conf')
    expect(file.sections().sort()).toEqual([...sections.keys()].sort())
    for (const [section, { options }] of sections) {
      const present = file.options(section)
      for (const name of Object.keys(options)) {
        const isThere = (option: string): boolean =>
          name.endsWith('*') ? option.startsWith(name.slice(0, -1)) : option === name
        expect(present.some(isThere), `[${section}] ${name}`).toBe(true)
      }
      for (const name of present) {
        const spec = findOption(sections, section, name)
        const known = spec?.default ?? spec?.fallback ?? ''
        if (known !== '') expect(file.get(section, name), `[${section}] ${name}`).toBe(known)
      }
    }
  })

  it('explains in comments: no line of prose could be taken for a setting', () => {
    const commented = text.split('\n').filter((line) => line.startsWith('#'))
    expect(commented.filter((line) => !/^#( |$)/.test(line))).toEqual([])
    expect(text).not.toMatch(/\t|.{121}/)
  })
})
