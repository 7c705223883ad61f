import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import type { Config } from '../../src/config/types.js'
import { loadFilters, PLUGIN_TABLE } from '../../src/filters/index.js'
import type { Filters } from '../../src/filters/index.js'
import { keepsProject } from '../../src/filters/apply.js'

const path = join(mkdtempSync(join(tmpdir(), 'earlier-')), 'bandersnatch.conf')

function load(text: string): Config {
  writeFileSync(path, `[mirror]\ndirectory = /srv/pypi\n${text}\n`)
  return loadConfig(path, { env: {}, plugins: PLUGIN_TABLE })
}

async function filtersOf(config: Config): Promise<Filters> {
  return loadFilters(config.file, config.enabledPlugins, { directory: '/nowhere' })
}

const warningsOf = ({ warnings }: Config): string[] => warnings.map((line) => line.replace(path, 'conf'))

describe('sections of earlier releases', () => {
  it('limit the mirror as they did: [whitelist] of bandersnatch 4', async () => {
    const config = load('[plugins]\nenabled = whitelist_project\n[whitelist]\npackages =\n  Good.One\n')
    expect(config.enabledPlugins).toEqual(['allowlist_project'])
    expect(warningsOf(config)).toEqual([
      'conf:6: [whitelist] is read as [allowlist], its name since bandersnatch 5.0; rename it',
      'conf:4: [plugins] enabled: whitelist_project is read as allowlist_project; write allowlist_project',
    ])
    const filters = await filtersOf(config)
    expect(['good-one', 'other'].map((name) => keepsProject(filters, name).keep)).toEqual([true, false])
  })

  it('[blacklist] with platforms, and plugins in their own section', async () => {
    const config = load(
      '[plugins]\nenabled =\n  blacklist_project\n  exclude_platform\n[blacklist]\npackages = bad\nplatforms = windows\n',
    )
    expect(config.enabledPlugins).toEqual(['blocklist_project', 'exclude_platform'])
    const filters = await filtersOf(config)
    expect(keepsProject(filters, 'bad').keep).toBe(false)
    expect(filters.releaseFile.map(({ name }) => name)).toEqual(['exclude_platform'])
    expect(filters.warnings).toEqual([])
  })

  it('[blacklist] plugins of bandersnatch 3.2', () => {
    const config = load('[blacklist]\nplugins =\n  blacklist_project\n  regex_project\npackages = bad\n')
    expect(config.enabledPlugins).toEqual(['blocklist_project', 'regex_project'])
    expect(warningsOf(config)).toEqual([
      'conf:7: [blacklist] is read as [blocklist], its name since bandersnatch 5.0; rename it',
      'conf:4: [blacklist] plugins is read as [plugins] enabled = blocklist_project regex_project; ' +
        'write it so, one name a line',
    ])
  })

  it('[blacklist] plugins = all is not what all is today', () => {
    const { enabledPlugins } = load('[blacklist]\nplugins = all\npackages = bad\n')
    expect(enabledPlugins).toContain('blocklist_project')
    expect(enabledPlugins).not.toContain('allowlist_release')
    expect(enabledPlugins).not.toContain('all')
  })

  it.each([
    ['[blocklist]\nplugins = blocklist_project\npackages = bad', ['blocklist_project']],
    ['[plugins]\nenable = all\n[blocklist]\npackages = bad', ['all']],
    ['[plugins]\nenable = regex_project', ['regex_project']],
  ])('%j enables plugins', (text, names) => {
    const config = load(text)
    expect(config.enabledPlugins).toEqual(names)
    expect(config.warnings).toHaveLength(1)
    expect(config.warnings[0]).toMatch(/conf:\d+: \[\w+\] \w+ is read as \[plugins\] enabled/)
  })

  it('without a list of plugins: those whose options are set, as in bandersnatch 3.0', async () => {
    const config = load('[whitelist]\npackages =\n  good\n[filter_regex]\npackages = evil\n')
    expect(config.enabledPlugins).toEqual(['allowlist_project', 'regex_project'])
    expect(warningsOf(config)).toEqual([
      'conf:4: [whitelist] is read as [allowlist], its name since bandersnatch 5.0; rename it',
      'conf:4: [whitelist] packages: [plugins] enabled is not set; as in bandersnatch 3.0 these plugins are enabled: ' +
        'allowlist_project, regex_project. List them in [plugins] enabled',
    ])
    expect(keepsProject(await filtersOf(config), 'other').keep).toBe(false)
    expect(load('[blacklist]\npackages = bad').enabledPlugins).toEqual(['blocklist_project', 'blocklist_release'])
  })

  it('give way to the names of today', () => {
    const config = load(
      '[plugins]\nenabled = allowlist_project\nenable = all\n[allowlist]\npackages = new\n[whitelist]\npackages = old\n',
    )
    expect(config.file.get('allowlist', 'packages')).toBe('new')
    expect(config.enabledPlugins).toEqual(['allowlist_project'])
    expect(warningsOf(config)).toEqual([
      'conf:5: [plugins] enable has no effect: [plugins] enabled is set',
      'conf:9: [whitelist] packages has no effect: [allowlist] packages is set',
    ])
  })

  it('name their place in the file in errors and tell what is unknown in them', async () => {
    const config = load('[plugins]\nenabled = blocklist_project\n[blacklist]\npackages = a ? b\nplatform = x\n')
    expect(warningsOf(config)[0]).toBe('conf:7: [blacklist] platform is not a known option; did you mean platforms?')
    await expect(filtersOf(config)).rejects.toThrow(/conf:6: \[blacklist\] packages = "a \? b": /)
  })
})

describe('options of filters that are not enabled', () => {
  it.each([
    ['[allowlist]\npackages = a', /conf:4: \[allowlist\] packages: .*; add allowlist_project \(or allowlist_release, /],
    [
      '[blocklist]\nplatforms = windows',
      /conf:4: \[blocklist\] platforms: .*; add exclude_platform to \[plugins\] enabled/,
    ],
    [
      '[latest_release]\nkeep = 3\nsort_by = time',
      /conf:4: \[latest_release\] keep, sort_by: .* add latest_release to/,
    ],
    ['[size_project_metadata]\nmax_package_size = 1G', /add size_project_metadata to/],
    [
      '[regex_project_metadata]\ninfo.name = x',
      /\[regex_project_metadata\] info\.name: .* add regex_project_metadata to/,
    ],
    [
      '[plugins]\nenabled = blocklist_release\n[blocklist]\npackages = a\nplatforms = windows',
      /add exclude_platform to/,
    ],
    ['[plugins]\nenabled = blocklist_release\n[filter_regex]\npackages = x\nreleases = y', /add regex_project to/],
  ])('%j: one warning that names the plugin', (text, expected) => {
    const warnings = warningsOf(load(text))
    expect(warnings[0]).toMatch(expected)
    expect(warnings).toHaveLength(text.includes('releases') ? 2 : 1)
  })

  it.each([
    '[plugins]\nenabled = all\n[latest_release]\nkeep = 3',
    '[plugins]\nenabled = size_project_metadata\n[allowlist]\npackages = a',
    '[plugins]\nenabled = blocklist_release\n[blocklist]\npackages = a',
    '[allowlist]',
  ])('%j: none', (text) => {
    expect(load(text).warnings).toEqual([])
  })
})
