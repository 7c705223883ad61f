import type {
  CopyObjectCommandInput,
  CreateMultipartUploadCommandInput,
  PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { ConfigError } from '../../../errors.js'

/** Parameters that the requests storing an object have in common. */
export type StoreParams = Partial<
  Omit<PutObjectCommandInput & CopyObjectCommandInput & CreateMultipartUploadCommandInput, 'Bucket' | 'Key' | 'Body'>
>

/** `config_param_NAME` of 8.0: those of boto3's that all three requests take, and that mean the same for every object. */
const TEXTS = [
  'ACL',
  'CacheControl',
  'ContentDisposition',
  'ContentLanguage',
  'ExpectedBucketOwner',
  'GrantFullControl',
  'GrantRead',
  'GrantReadACP',
  'GrantWriteACP',
  'ObjectLockLegalHoldStatus',
  'RequestPayer',
  'SSEKMSEncryptionContext',
  'SSEKMSKeyId',
  'ServerSideEncryption',
  'StorageClass',
  'Tagging',
]
const BOOLEANS = ['BucketKeyEnabled']

/** Checks the `config_param_*` options; a misspelt ServerSideEncryption must not store in the clear. @throws ConfigError */
export function storeParams(configured: ReadonlyMap<string, string>): StoreParams {
  const params: Record<string, string | boolean> = {}
  for (const [name, value] of configured) {
    if (value === '') continue
    if (TEXTS.includes(name)) params[name] = value
    else if (BOOLEANS.includes(name) && /^(?:true|false)$/i.test(value)) params[name] = value.toLowerCase() === 'true'
    else if (BOOLEANS.includes(name))
      throw new ConfigError(`[s3] config_param_${name} = ${value}: must be true or false`)
    else {
      const known = [...TEXTS, ...BOOLEANS].sort().join(', ')
      throw new ConfigError(`[s3] config_param_${name} is not known; those that are: ${known}`)
    }
  }
  // The values are the store's to judge: other stores have storage classes that Amazon's list has not.
  return params
}
