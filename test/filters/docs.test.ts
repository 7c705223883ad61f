import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { loadFilters, PLUGIN_NAMES } from '../../src/filters/index.js'
import { directoryOf, enabledIn } from './support.js'

const text = readFileSync(join(import.meta.dirname, '../../docs/filters.md'), 'utf8')
const blocks = [...text.matchAll(/```ini\n([^]*?)```/g)].map((match) => match[1] ?? '')
const module = /```js\n([^]*?)```/.exec(text)?.[1] ?? ''

test('every plugin is documented, in the order in which filters are asked', () => {
  const rows = [...text.matchAll(/^\| \[`(\w+)`\]/gm)].map((match) => match[1])
  expect(rows).toEqual(PLUGIN_NAMES)
})

test.each(blocks.map((block) => [block]))('the example works and warns of nothing:\n%s', async (block) => {
  const root = directoryOf({
    'requirements/requirements.txt': 'django>=4,<5\n',
    'requirements/dev-tools.txt': 'pytest\n',
    'no-agpl.mjs': module,
  })
  const config = parseConfig(block.replaceAll('/etc/bandersnatch', root), join(root, 'bandersnatch.conf'))
  const filters = await loadFilters(config, enabledIn(config), { directory: root })
  const { warnings, project, metadata, release, releaseFile } = filters
  expect(warnings).toEqual([])
  expect([...project, ...metadata, ...release, ...releaseFile].length).toBeGreaterThanOrEqual(enabledIn(config).length)
})
