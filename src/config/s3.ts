import { S3_OPTIONS } from './options/s3.js'
import type { ConfigFile, S3Config } from './types.js'
import { readOptions } from './values.js'

const PARAMETER = 'config_param_'

/** Reads and checks the [s3] section; only called when the mirror is kept there. @throws ConfigError */
export function readS3(file: ConfigFile): S3Config {
  const {
    awsAccessKeyId: accessKeyId,
    awsSecretAccessKey: secretAccessKey,
    ...others
  } = readOptions(file, 's3', S3_OPTIONS)
  const parameters = file.options('s3').filter((option) => option.startsWith(PARAMETER))
  const configParams = new Map(parameters.map((name) => [name.slice(PARAMETER.length), file.get('s3', name) ?? '']))
  return { ...others, accessKeyId, secretAccessKey, configParams }
}
