import type * as sdk from '@aws-sdk/client-s3'
import { ConfigError } from '../../../errors.js'

export type Sdk = typeof sdk

/**
 * The AWS SDK's S3 client: an optional dependency, loaded only when the mirror is kept on S3.
 * @throws ConfigError with the command that installs it
 */
export async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@aws-sdk/client-s3')
  } catch (error) {
    throw new ConfigError(
      'storage-backend = s3 needs the package @aws-sdk/client-s3, which is not installed: ' +
        'run `npm install @aws-sdk/client-s3` (with -g where bandersnatch was installed with -g)',
      { cause: error },
    )
  }
}
