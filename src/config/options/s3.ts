import type { OptionSpec } from '../option-spec.js'

/** [s3]: the bucket. */
export const S3_OPTIONS = {
  region_name: { type: 'text', fallback: '', doc: 'AWS region.' },
  aws_access_key_id: { type: 'text', fallback: '', doc: 'Access key.' },
  aws_secret_access_key: { type: 'text', fallback: '', doc: 'Secret of the access key.' },
  endpoint_url: { type: 'url', schemes: ['https', 'http'], fallback: '', doc: "Another service than Amazon's." },
  signature_version: { type: 'text', fallback: '', doc: 'Signature version, e.g. s3v4.' },
  'config_param_*': {
    type: 'text',
    doc: 'A parameter of the requests that store objects, e.g. config_param_ServerSideEncryption.',
  },
  verify_concurrency: { type: 'integer', min: 1, fallback: '50', doc: 'Objects that `verify` checks at a time.' },
  max_attempts: { type: 'integer', min: 0, fallback: '10', doc: 'How often a failed request is repeated.' },
  'lock-expiry': {
    type: 'integer',
    min: 5,
    fallback: '120',
    added: true,
    doc: 'Seconds after which the lock of a run that was killed is free.',
  },
  'timed-lock': {
    type: 'boolean',
    fallback: 'false',
    added: true,
    doc: 'For stores without conditional writes: a lock that excludes other runs by waiting ten seconds.',
  },
  'cache-control-packages': {
    type: 'text',
    fallback: '',
    added: true,
    doc: 'Cache-Control header of release files and core metadata files.',
  },
  'cache-control-pages': { type: 'text', fallback: '', added: true, doc: 'Cache-Control header of other objects.' },
} as const satisfies Readonly<Record<string, OptionSpec>>
