import type { ConfigError } from '../errors.js'
import type { Environment } from './proxy.js'
import { ownOptions } from './renamed.js'
import { listed } from './sections.js'
import type { ConfigFile } from './types.js'

/** Variables that the Swift storage of bandersnatch 4 to 6 read. */
const VARIABLES = /^OS_(?:AUTH|AUTHENTICATION|USER|PASSWORD|PROJECT|TENANT|STORAGE|REGION)/

/** `storage-backend = swift`, which bandersnatch 7.0 removed: what to do instead, and which settings of it were found. */
export function swiftRemoved(file: ConfigFile, env: Environment): ConfigError | undefined {
  if (file.get('mirror', 'storage-backend')?.trim().toLowerCase() !== 'swift') return undefined
  const found = [
    ...ownOptions(file, 'swift').map((option) => `[swift] ${option}`),
    ...Object.keys(env).filter((name) => VARIABLES.test(name)),
  ]
  const settings = found.length === 0 ? '' : ` for ${listed(found.sort())}`
  return file.invalid(
    'mirror',
    'storage-backend',
    `OpenStack Swift went with bandersnatch 7.0. Use storage-backend = s3 with the s3api of the cluster; docs/s3.md says what to write${settings}`,
  )
}
