import { expect, it } from 'vitest'
import { configurationDocs } from '../helpers/docs-configuration.js'

it('docs/configuration.md is what the option table says', async () => {
  await expect(configurationDocs()).toMatchFileSnapshot('../../docs/configuration.md')
})
