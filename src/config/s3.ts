import type { ConfigFile, S3Config } from './types.js'
import { optionReader } from './values.js'

const PARAMETER = 'config_param_'

/** Reads and checks the [s3] section; only called when the mirror is kept there. @throws ConfigError */
export function readS3(file: ConfigFile): S3Config {
  const read = optionReader(file, 's3')
  const parameters = file.options('s3').filter((option) => option.startsWith(PARAMETER))
  return {
    regionName: read.text('region_name'),
    accessKeyId: read.text('aws_access_key_id'),
    secretAccessKey: read.text('aws_secret_access_key'),
    endpointUrl: read.url('endpoint_url'),
    signatureVersion: read.text('signature_version'),
    configParams: new Map(parameters.map((name) => [name.slice(PARAMETER.length), file.get('s3', name) ?? ''])),
    verifyConcurrency: read.integer('verify_concurrency'),
    maxAttempts: read.integer('max_attempts'),
    lockExpiry: read.integer('lock-expiry'),
    timedLock: read.boolean('timed-lock'),
    cacheControlPackages: read.text('cache-control-packages'),
    cacheControlPages: read.text('cache-control-pages'),
  }
}
