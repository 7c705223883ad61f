import { BandersnatchError, StorageError } from '../../../errors.js'

/** What an error line may say of the store, and what it must not. */
export interface ErrorContext {
  readonly bucket: string
  /** the URL of the store, or `Amazon S3` */
  readonly store: string
  readonly secrets: readonly string[]
}

const KEYS =
  'the store does not accept the access key or its secret; look at aws_access_key_id and aws_secret_access_key'
const DENIED = 'the access key is not allowed to do this (reading also needs s3:ListBucket)'
const TOKEN = 'the session token has expired or is invalid; renew the credentials'
const CLOCK = "the clock of this machine differs too much from the store's; set the time"
const BUSY =
  'the store still asks to slow down after all attempts; lower workers or verify_concurrency, or raise max_attempts'
const FULL = 'the store has no space left or the quota is used up'
const LOST = 'the connection broke'

/** Error codes of S3 and of stores like it, of the SDK, and of Node's sockets. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['InvalidAccessKeyId', KEYS],
  ['SignatureDoesNotMatch', KEYS],
  ['InvalidSecurity', KEYS],
  ['AccessDenied', DENIED],
  ['Forbidden', DENIED],
  ['AllAccessDisabled', DENIED],
  ['AccountProblem', DENIED],
  ['ExpiredToken', TOKEN],
  ['ExpiredTokenException', TOKEN],
  ['InvalidToken', TOKEN],
  ['TokenRefreshRequired', TOKEN],
  ['RequestTimeTooSkewed', CLOCK],
  ['RequestExpired', CLOCK],
  ['SlowDown', BUSY],
  ['ServiceUnavailable', BUSY],
  ['RequestLimitExceeded', BUSY],
  ['Throttling', BUSY],
  ['ThrottlingException', BUSY],
  ['TooManyRequestsException', BUSY],
  ['TooManyRequests', BUSY],
  ['Busy', BUSY],
  ['QuotaExceeded', FULL],
  ['InsufficientStorage', FULL],
  ['XMinioStorageFull', FULL],
  [
    'CredentialsProviderError',
    'no credentials found: neither in [s3] nor in the AWS environment, files or machine role',
  ],
  ['InvalidObjectState', 'the object is archived and must be restored first'],
  ['NoSuchKey', 'there is no such object'],
  ['ECONNREFUSED', 'nothing listens there (connection refused)'],
  ['ENOTFOUND', 'its name cannot be resolved'],
  ['EAI_AGAIN', 'its name cannot be resolved'],
  ['EHOSTUNREACH', 'it cannot be reached'],
  ['ENETUNREACH', 'it cannot be reached'],
  ['ECONNRESET', LOST],
  ['EPIPE', LOST],
  ['ETIMEDOUT', 'it does not answer in time'],
  ['TimeoutError', 'it does not answer in time'],
])

const REDIRECTS = new Set([
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'MovedPermanently',
])

/** The parts of a failed call that decide what it means. */
export interface Failure {
  /** the store's code, else the SDK's or the socket's; '' for anything else */
  readonly code: string
  readonly status: number | undefined
  readonly headers: ReadonlyMap<string, string>
  /** the region that an AuthorizationHeaderMalformed answer asks for */
  readonly region: string | undefined
}

/** Takes a thrown value of the SDK apart. */
export function failureOf(error: unknown): Failure {
  const fields = entriesOf(error)
  const response = entriesOf(fields.get('$response'))
  const status = entriesOf(fields.get('$metadata')).get('httpStatusCode')
  const headers = [...entriesOf(response.get('headers'))].map(([name, value]): [string, string] => [
    name,
    String(value),
  ])
  const region = fields.get('Region')
  return {
    code: [fields.get('code'), fields.get('Code'), error instanceof Error ? error.name : ''].find(isCode) ?? '',
    status: typeof status === 'number' ? status : undefined,
    headers: new Map(headers),
    region: typeof region === 'string' ? region : undefined,
  }
}

/** The object does not exist. A missing bucket is another matter, wherever the answer tells. */
export function isMissing(failure: Failure): boolean {
  return failure.code === 'NoSuchKey' || failure.code === 'NotFound' || (failure.status === 404 && failure.code === '')
}

/** If-Match or If-None-Match did not hold; 409 is Amazon's answer to two conditional writes at once. */
export function isConditionFailure(failure: Failure): boolean {
  return failure.status === 412 || failure.code === 'ConditionalRequestConflict'
}

/** A failed call as the rest of the program knows it: one line, without secrets. */
export function s3Error(error: unknown, doing: string, context: ErrorContext): BandersnatchError {
  if (error instanceof BandersnatchError) return error
  const failure = failureOf(error)
  const named = /^[\w.]{1,64}$/.test(failure.code) ? ` (${failure.code})` : ''
  // Without its cause: that may hold what the store echoes of the request.
  return new StorageError(`cannot ${doing}: ${context.store}: ${reason(error, failure, context)}${named}`)
}

function reason(error: unknown, failure: Failure, context: ErrorContext): string {
  const { code, status } = failure
  const region = failure.region ?? failure.headers.get('x-amz-bucket-region')
  if (code === 'NoSuchBucket') return `the bucket ${context.bucket} does not exist`
  if (REDIRECTS.has(code) || status === 301 || status === 307) {
    return `the bucket ${context.bucket} lies in ${region === undefined ? 'another region' : `the region ${region}`}; set region_name`
  }
  const known = REASONS.get(code)
  if (known !== undefined) return known
  if (code.startsWith('KMS.')) return 'the KMS key cannot be used; look at config_param_SSEKMSKeyId'
  if (/CERT|TLS|SSL|SIGNATURE/.test(code))
    return 'its certificate is not trusted (NODE_EXTRA_CA_CERTS names a file of further ones)'
  if (status === 403) return DENIED
  if (status === 503 || status === 429) return BUSY
  if (status === 507) return FULL
  return `${oneLine(error, context.secrets)}${status === undefined ? '' : ` [HTTP ${status}]`}`
}

function oneLine(error: unknown, secrets: readonly string[]): string {
  const text = error instanceof Error ? error.message : String(error)
  const clean = secrets.reduce((left, secret) => (secret === '' ? left : left.replaceAll(secret, '***')), text)
  return clean.replace(/\s+/g, ' ').slice(0, 300)
}

// The SDK calls errors without a code these names.
const NAMELESS = new Set(['Error', 'Unknown', 'UnknownError', 'AggregateError', 'S3ServiceException'])
const isCode = (value: unknown): value is string => typeof value === 'string' && value !== '' && !NAMELESS.has(value)

function entriesOf(value: unknown): Map<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map()
  // An Error's `$response` is not enumerable, hence the names first.
  return new Map(Object.getOwnPropertyNames(value).map((name) => [name, Reflect.get(value, name)]))
}
