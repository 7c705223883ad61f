import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import pLimit from 'p-limit'
import type { LimitFunction } from 'p-limit'
import type { S3Config } from '../../config/types.js'
import { ConfigError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import { s3Error } from './client/errors.js'
import { placeOf } from './keys.js'
import type { S3Place, S3Root } from './keys.js'
import { sendMd5OfDeletions } from './client/md5.js'
import { storeParams } from './client/params.js'
import type { StoreParams } from './client/params.js'
import { headersOf } from './client/headers.js'
import type { ObjectHeaders } from './client/headers.js'
import { createPlainPut } from './client/put.js'
import type { ObjectPut, PlainPut } from './client/put.js'
import type { Sdk } from './client/sdk.js'

/** The bucket that a mirror is kept in, and the ways to call it. */
export interface S3Bucket {
  readonly sdk: Sdk
  readonly client: S3Client
  readonly root: S3Root
  readonly log: Log
  /** the store's URL; undefined for Amazon's own */
  readonly endpoint: string | undefined
  place(key: string): S3Place
  /** Content-Type and Cache-Control of the object of this key. */
  headers(key: string): ObjectHeaders
  /** The ETag of a stored object; undefined where the SDK is to store it. */
  plainPut(object: ObjectPut): Promise<string | undefined>
  close(): void
  /** Everything that a request storing an object of this key has beside its body. */
  storing(key: string): S3Place & StoreParams
  /** Runs one call; `doing` completes "cannot …". @throws StorageError in one line, without secrets */
  call<T>(doing: string, run: () => Promise<T>): Promise<T>
  /** The same for a call that changes something: refused once the lock is lost. */
  change<T>(doing: string, run: () => Promise<T>): Promise<T>
}

export interface BucketOptions {
  readonly root: S3Root
  readonly log: Log
  /** @throws StorageError when this run may not write any more */
  readonly mayWrite: () => void
}

const CONNECT_MS = 10_000
const SILENCE_MS = 60_000
/** What 8.0's boto3 falls back to. */
const DEFAULT_REGION = 'us-east-1'

/** @throws ConfigError */
export async function openBucket(sdk: Sdk, config: S3Config, options: BucketOptions): Promise<S3Bucket> {
  const params = storeParams(config.configParams)
  const turn = pLimit(config.verifyConcurrency)
  const client = await createClient(sdk, config, turn)
  const plain = await plainPut(client, config)
  const { root, log } = options
  const context = {
    bucket: root.bucket,
    store: config.endpointUrl ?? 'Amazon S3',
    secrets: [config.secretAccessKey ?? '', config.accessKeyId ?? ''],
  }
  const call = async <T>(doing: string, run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      throw s3Error(error, doing, context)
    }
  }
  return {
    sdk,
    client,
    root,
    log,
    endpoint: config.endpointUrl,
    place: (key) => placeOf(root, key),
    headers: (key) => headersOf(key, config),
    plainPut: async (object) => (plain === undefined ? undefined : turn(() => plain.put(object))),
    close() {
      plain?.close()
      client.destroy()
    },
    storing: (key) => ({ ...headersOf(key, config), ...params, ...placeOf(root, key) }),
    call,
    async change(doing, run) {
      options.mayWrite()
      return call(doing, run)
    },
  }
}

/** For stores that are reached by one address, where nothing but the usual headers is wanted. */
async function plainPut(client: S3Client, config: S3Config): Promise<PlainPut | undefined> {
  const endpoint = config.endpointUrl === undefined ? undefined : new URL(config.endpointUrl)
  if (endpoint === undefined || endpoint.search !== '' || endpoint.username !== '' || config.configParams.size > 0)
    return undefined
  return createPlainPut({
    endpoint,
    region: await client.config.region(),
    identity: () => client.config.credentials(),
    sockets: config.verifyConcurrency,
    silence: SILENCE_MS,
  })
}

async function createClient(sdk: Sdk, config: S3Config, turn: LimitFunction): Promise<S3Client> {
  const settings: S3ClientConfig = {
    ...signing(config),
    retryMode: 'adaptive',
    // boto3 counts the repetitions, the JavaScript SDK all attempts.
    maxAttempts: config.maxAttempts + 1,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      // Bodies that are still being read keep their sockets, hence more of them than requests.
      httpAgent: { maxSockets: 2 * config.verifyConcurrency, keepAlive: true },
      httpsAgent: { maxSockets: 2 * config.verifyConcurrency, keepAlive: true },
    },
  }
  if (config.endpointUrl !== undefined) {
    Object.assign(settings, {
      endpoint: config.endpointUrl,
      forcePathStyle: true,
      // Stores other than Amazon's often refuse checksum trailers; Content-MD5 guards the uploads there.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
    } satisfies S3ClientConfig)
  }
  const region =
    config.regionName ?? (config.endpointUrl === undefined ? await regionOfEnvironment(sdk) : DEFAULT_REGION)
  const client = new sdk.S3Client({ ...settings, region })
  if (config.endpointUrl !== undefined) sendMd5OfDeletions(client)
  // A request that waits its turn here is not yet timed; one that waits for a socket would be.
  // It goes through every parameter of every request, for a log that nobody reads.
  client.middlewareStack.remove('loggerMiddleware')
  client.middlewareStack.add((next) => (args) => turn(() => next(args)), { step: 'initialize', name: 'inTurn' })
  return client
}

/** @throws ConfigError */
function signing(config: S3Config): S3ClientConfig {
  const { accessKeyId, secretAccessKey, signatureVersion } = config
  if (signatureVersion !== undefined && signatureVersion !== 's3v4' && signatureVersion !== 'v4') {
    throw new ConfigError(`[s3] signature_version = ${signatureVersion}: only s3v4 is known`)
  }
  if (accessKeyId === undefined && secretAccessKey === undefined) return {}
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    throw new ConfigError('[s3] aws_access_key_id and aws_secret_access_key must be given together, or neither')
  }
  return { credentials: { accessKeyId, secretAccessKey } }
}

/** What AWS_REGION or the AWS configuration files say. */
async function regionOfEnvironment(sdk: Sdk): Promise<string> {
  const client = new sdk.S3Client({})
  try {
    return await client.config.region()
  } catch {
    return DEFAULT_REGION
  } finally {
    client.destroy()
  }
}
