import { expect, test } from 'vitest'
import { sectionsWith } from '../../src/config/sections.js'
import { PLUGIN_NAMES, PLUGIN_TABLE } from '../../src/filters/index.js'

test('plugins that read the same option describe it alike', () => {
  const described = new Map<string, unknown>()
  for (const read of Object.values(PLUGIN_TABLE)) {
    for (const [section, options] of Object.entries(read)) {
      for (const [option, spec] of Object.entries(options)) {
        const place = `[${section}] ${option}`
        expect(described.get(place) ?? spec, place).toEqual(spec)
        described.set(place, spec)
      }
    }
  }
  expect(described.size).toBeGreaterThan(10)
})

test('the sections of the configuration come from the plugins', () => {
  const sections = sectionsWith(PLUGIN_TABLE)
  expect(sections.get('plugins')?.options['enabled']?.choices).toEqual(['all', ...PLUGIN_NAMES])
  expect(sections.get('blocklist')?.doc).toBe('For `blocklist_project`, `blocklist_release` and `exclude_platform`.')
  expect(Object.keys(sections.get('blocklist')?.options ?? {})).toEqual(['packages', 'platforms'])
  expect([...sectionsWith({}).keys()]).toEqual(['mirror', 's3', 'attestations', 'closure', 'plugins'])
})
