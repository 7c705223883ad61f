import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { environmentsCommand } from '../../src/commands/environments.js'
import { ConfigError, EXIT } from '../../src/errors.js'
import { bench } from './support.js'

const MASTER = 'http://127.0.0.1:9'
const ENVIRONMENTS = '[environments]\nlinux = cp311 manylinux_2_28_x86_64\nwin = cp313  win_amd64\n'
const TEXT = { json: false, python: 'python3' }
const JSON_OUTPUT = { ...TEXT, json: true }

describe('bandersnatch environments NAME', () => {
  it('says what an environment of the configuration means', async () => {
    const at = bench(MASTER, ENVIRONMENTS)
    expect(await environmentsCommand(at.setting, ['linux'], TEXT)).toBe(EXIT.ok)
    const text = at.printed()
    expect(text).toMatch(
      /^linux = cp311 manylinux_2_28_x86_64\n {2}accepts wheels with one of \d+ tags, best first: cp311-/,
    )
    expect(text).toContain('    sys_platform = linux\n')
    expect(text).toContain('    python_full_version: 3.11.0 to 3.11.40\n')
    expect(text).toContain('    platform_release: any text\n')
  })

  it('says it as data, of a definition too, for which no configuration is needed', async () => {
    const at = bench(MASTER)
    rmSync(at.setting.configPath)
    await environmentsCommand(at.setting, ['cp313 win_amd64'], JSON_OUTPUT)
    expect(JSON.parse(at.printed())).toMatchObject([
      {
        definition: 'cp313 win_amd64',
        variables: { os_name: 'nt', python_version: '3.13' },
        open: { platform_release: 'any' },
      },
    ])
  })

  it.each([
    ['linx', /^"linx" is not an environment \(did you mean linux\?\); \[environments\] in .* has linux, win$/],
    ['cp311 manylinux_2_28_x86_65', /did you mean manylinux_2_28_x86_64\?$/],
  ])('refuses %s with exit code 2', async (name, message) => {
    const at = bench(MASTER, ENVIRONMENTS)
    const refused = environmentsCommand(at.setting, [name], TEXT)
    await expect(refused).rejects.toThrow(message)
    await expect(refused).rejects.toMatchObject({ exitCode: EXIT.config })
  })

  it('says so where there is no such Python', async () => {
    const at = bench(MASTER, ENVIRONMENTS)
    const asked = environmentsCommand(at.setting, [], { ...TEXT, python: '/nowhere/python9' })
    await expect(asked).rejects.toThrow(/^\/nowhere\/python9 cannot be run: .*; name another one with --python$/)
    await expect(asked).rejects.toBeInstanceOf(ConfigError)
  })
})
