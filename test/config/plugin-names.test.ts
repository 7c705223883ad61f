import { expect, it } from 'vitest'
import { SECTIONS } from '../../src/config/options.js'
import { PLUGIN_NAMES } from '../../src/filters/index.js'

it('the option table lists the plugins that there are', () => {
  expect([...SECTIONS.plugins.options.enabled.choices].sort()).toEqual(['all', ...PLUGIN_NAMES].sort())
})
