import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkConfigCommand } from '../../src/commands/check-config.js'
import { ConfigError } from '../../src/errors.js'
import { fixtureIndex, startIndex } from '../helpers/index/index.js'
import type { RunningIndex } from '../helpers/index/index.js'
import { bench } from './support.js'

const offline = { offline: true }

describe('check-config', () => {
  let index: RunningIndex
  beforeAll(async () => {
    index = await startIndex(fixtureIndex())
  })
  afterAll(() => index.close())

  it('prints every option with where it comes from, the filters, space and the master', async () => {
    const at = bench(
      index.url,
      'workers = 5\n[plugins]\nenabled =\n    blocklist_project\n    latest_release\n[blocklist]\npackages =\n    foo\n    bar\n[latest_release]\nkeep = 3\n[DEFAULT]\ntimeout = 99\n',
    )
    expect(await checkConfigCommand(at.setting, { offline: false })).toBe(0)
    const text = at.printed()
    expect(text).toMatch(/^ {2}workers +=\s5 +line 5$/m)
    expect(text).toMatch(/^ {2}json +=\sfalse +default$/m)
    expect(text).toMatch(/^ {2}timeout +=\s10 +default$/m)
    expect(text).toMatch(/^\[blocklist\]\n {2}packages +=\s+line 11\n +foo\n +bar$/m)
    expect(text).toMatch(/^ {2}blocklist_project \(project\): ./m)
    expect(text).toMatch(/^ {2}latest_release \(release\): ./m)
    expect(text).toMatch(/space: [\d.]+ [GTM]B of [\d.]+ [GTM]B free/)
    expect(text).toContain(`${index.url} answers: serial `)
    expect(text.trimEnd()).toMatch(/A run can begin$/)
    expect(readdirSync(at.directory)).toEqual(['bandersnatch.conf'])
  })

  it('says that HTML pages have no upload times, and hides the password of a database of advisories', async () => {
    const osv = '[plugins]\nenabled = osv_malware\n[osv]\ndatabase = https://me:geheim@osv.example/all.zip\n'
    const at = bench('http://localhost:1', `simple-format = HTML\n${osv}`)
    expect(await checkConfigCommand(at.setting, offline)).toBe(0)
    expect(at.printed()).toMatch(/simple-format = HTML: the pages have no upload times, so pip's --uploaded-prior-to/)
    expect(at.printed()).toMatch(
      /osv_malware \(release\): drops releases that advisories MAL- of https:\/\/osv\.example/,
    )
    expect(at.printed()).not.toContain('geheim')
    const json = bench('http://localhost:1', '')
    await checkConfigCommand(json.setting, offline)
    expect(json.printed()).not.toContain('upload times')
  })

  it('says what upstream does not have of the lists, with what was probably meant', async () => {
    const [name = ''] = [...fixtureIndex().projects.keys()].filter((one) => one.length > 6)
    const typo = `${name.slice(0, 2)}x${name.slice(2)}`
    const list = `[plugins]\nenabled = allowlist_project\n[allowlist]\npackages =\n    ${typo}\n    ${name}==99.9\n`
    const at = bench(index.url, list)
    expect(await checkConfigCommand(at.setting, { offline: false })).toBe(0)
    expect(at.printed()).toMatch(
      new RegExp(
        `^ {2}${typo} \\(.*bandersnatch\\.conf:9\\): upstream has no such project; did you mean ${name}\\?$`,
        'm',
      ),
    )
    expect(at.printed()).toMatch(
      new RegExp(`^ {2}${name}==99\\.9 \\(.*conf:10\\): upstream has no such version; the nearest is \\d`, 'm'),
    )
    const silent = bench(index.url, list)
    await checkConfigCommand(silent.setting, offline)
    expect(silent.printed()).not.toContain('no such')
  })

  it('says what all of PyPI takes, beside the free space', async () => {
    const at = bench('https://pypi.org')
    const code = await checkConfigCommand(at.setting, offline)
    expect(at.printed()).toMatch(/no list of projects to mirror: 886,000 projects are new: about 35 TB, .* are free/)
    expect(at.printed().includes('PROBLEM: no list of projects')).toBe(code === 2)
    const confirmed = bench('https://pypi.org', 'everything = true\n')
    expect(await checkConfigCommand(confirmed.setting, offline)).toBe(0)
    const limited = bench('https://pypi.org', '[plugins]\nenabled = allowlist_project\n[allowlist]\npackages = a\n')
    await checkConfigCommand(limited.setting, offline)
    expect(limited.printed()).not.toContain('are new')
    const closure = bench(
      'https://pypi.org',
      '[allowlist]\npackages = a\n[environments]\nlinux = cp312 manylinux_2_28_x86_64\n[closure]\nroots = allowlist\n',
    )
    await checkConfigCommand(closure.setting, offline)
    expect(closure.printed()).not.toContain('are new')
  })

  it('hides secrets and passwords in URLs, and shows the proxy of the environment', async () => {
    const at = bench('http://me:geheim@localhost:1', '[s3]\naws_secret_access_key = abc123\n', {
      https_proxy: 'http://user:word@proxy:3128',
    })
    await checkConfigCommand(at.setting, offline)
    expect(at.printed()).not.toMatch(/geheim|abc123|word@/)
    expect(at.printed()).toMatch(/^ {2}proxy +=\shttp:\/\/\*\*\*@proxy:3128 +environment$/m)
    expect(at.printed()).toMatch(/^ {2}aws_secret_access_key +=\s\(hidden\) +line \d+$/m)
  })

  it('exits 2 for a master that does not answer and a directory that cannot be', async () => {
    const at = bench('http://127.0.0.1:1')
    writeFileSync(at.mirror, 'a file')
    expect(
      await checkConfigCommand(
        { ...at.setting, configPath: at.configWith(at.mirror, join(at.mirror, 'below')) },
        { offline: false },
      ),
    ).toBe(2)
    expect(at.printed()).toMatch(/PROBLEM: .*mirror is not a directory$/m)
    expect(at.printed()).toMatch(/PROBLEM: http:\/\/127\.0\.0\.1:1 does not answer as it should: /)
    expect(at.printed()).toContain('2 to be put right before a run can work')
  })

  it('says where the log goes and what of its file cannot be honoured', async () => {
    const at = bench(index.url, 'log-config = LOGS\n')
    const logs = join(at.directory, 'log.conf')
    mkdirSync(at.mirror)
    writeFileSync(
      logs,
      '[loggers]\nkeys=root\n[handlers]\nkeys=a,b\n[formatters]\nkeys=\n[logger_root]\nhandlers=a,b\n' +
        '[handler_a]\nclass=FileHandler\nargs=("/var/log/b.log",)\n[handler_b]\nclass=handlers.SMTPHandler\nargs=()\n',
    )
    expect(await checkConfigCommand({ ...at.setting, configPath: at.configWith('LOGS', logs) }, offline)).toBe(0)
    expect(at.printed()).toContain('log-config: the log goes to a (/var/log/b.log)')
    expect(at.printed()).toContain('[handler_b] this handler is left out: class handlers.SMTPHandler is not available')
  })

  it.each([
    ['a file that is not there', { path: '/nowhere/bandersnatch.conf' }],
    ['a value that is not allowed', { options: 'workers = many\n' }],
    ['a plugin that there is not', { options: '[plugins]\nenabled = blocklist_projekt\n' }],
    ['a logging file that is broken', { options: 'log-config = /nowhere/log.conf\n' }],
  ])('refuses %s as a run would, without making anything', async (_, wrong: { path?: string; options?: string }) => {
    const at = bench(index.url, wrong.options)
    const setting = { ...at.setting, configPath: wrong.path ?? at.setting.configPath }
    await expect(checkConfigCommand(setting, offline)).rejects.toThrow(ConfigError)
    expect(readdirSync(at.directory)).toEqual(['bandersnatch.conf'])
  })
})
