import { createHash } from 'node:crypto'
import { IntegrityError, StorageError } from '../../errors.js'
import type { FileSpec } from '../../model/files.js'
import type { S3Bucket } from './bucket.js'
import { failureOf, isMissing } from './client/errors.js'
import { copySource } from './keys.js'
import { md5Of } from './client/md5.js'

/** What one HeadObject tells. */
export interface ObjectHead {
  /** bytes */
  readonly size: number
  readonly metadata: ReadonlyMap<string, string>
  /** seconds since the epoch */
  readonly modified: number
  readonly etag: string | undefined
}

/** An object whole. */
export interface StoredObject {
  readonly body: Buffer
  readonly metadata: ReadonlyMap<string, string>
}

interface OpenObject {
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly metadata: ReadonlyMap<string, string>
}

interface Sink<T> {
  add(chunk: Uint8Array): void
  end(metadata: ReadonlyMap<string, string>): T
}

/** How often a body that breaks off is asked for again; the SDK repeats only what fails before the body. */
const BODY_ATTEMPTS = 3

/** undefined when there is no such object */
export async function headObject(s3: S3Bucket, key: string): Promise<ObjectHead | undefined> {
  return s3.call(`look at ${key}`, async () => {
    const place = s3.place(key)
    try {
      const head = await s3.client.send(new s3.sdk.HeadObjectCommand(place))
      return {
        size: head.ContentLength ?? 0,
        metadata: new Map(Object.entries(head.Metadata ?? {})),
        modified: (head.LastModified?.getTime() ?? 0) / 1000,
        etag: head.ETag,
      }
    } catch (error) {
      const failure = failureOf(error)
      if (isMissing(failure)) return undefined
      // The answer to a HEAD has no body, so it never says why; the answer to a GET does.
      if (failure.status !== undefined)
        await s3.client.send(new s3.sdk.GetObjectCommand({ ...place, Range: 'bytes=0-0' }))
      throw error
    }
  })
}

/** An object and its bytes as they come; undefined when there is no such object. */
async function openObject(s3: S3Bucket, key: string): Promise<OpenObject | undefined> {
  try {
    const { Body, Metadata } = await s3.client.send(new s3.sdk.GetObjectCommand(s3.place(key)))
    return { chunks: Body === undefined ? [] : bytesOf(Body), metadata: new Map(Object.entries(Metadata ?? {})) }
  } catch (error) {
    if (isMissing(failureOf(error))) return undefined
    throw error
  }
}

async function* bytesOf(body: object): AsyncGenerator<Uint8Array> {
  if (!(Symbol.asyncIterator in body)) throw new StorageError('the SDK gave a body that is no stream')
  for await (const chunk of body as AsyncIterable<unknown>) {
    if (chunk instanceof Uint8Array) yield chunk
  }
}

/** Reads an object from its start with `fresh`; again when the connection breaks. undefined when there is none. */
async function consume<T>(s3: S3Bucket, key: string, fresh: () => Sink<T>): Promise<T | undefined> {
  return s3.call(`read ${key}`, async () => {
    for (let attempt = 1; ; attempt++) {
      const object = await openObject(s3, key)
      if (object === undefined) return undefined
      const sink = fresh()
      try {
        for await (const chunk of object.chunks) sink.add(chunk)
        return sink.end(object.metadata)
      } catch (error) {
        if (attempt === BODY_ATTEMPTS) throw error
      }
    }
  })
}

/** undefined when there is no such object */
export async function readObject(s3: S3Bucket, key: string): Promise<StoredObject | undefined> {
  return consume(s3, key, () => {
    const chunks: Uint8Array[] = []
    return { add: (chunk) => chunks.push(chunk), end: (metadata) => ({ body: Buffer.concat(chunks), metadata }) }
  })
}

/** Hex digest of an object's bytes; undefined when there is no such object. */
export async function hashObject(s3: S3Bucket, key: string, name: string): Promise<string | undefined> {
  return consume(s3, key, () => {
    const hash = createHash(name)
    return { add: (chunk) => hash.update(chunk), end: () => hash.digest('hex') }
  })
}

/** Stores a whole body; a reader sees the old object or the new one. Returns its ETag. */
export async function putObject(
  s3: S3Bucket,
  key: string,
  body: Uint8Array,
  metadata?: Record<string, string>,
): Promise<string | undefined> {
  return s3.change(`write ${key}`, async () => {
    const md5 = md5Of(body)
    const { ContentType, CacheControl } = s3.headers(key)
    const etag = await s3.plainPut({
      place: s3.place(key),
      headers: {
        'cache-control': CacheControl,
        'content-md5': md5,
        'content-type': ContentType,
        ...Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [`x-amz-meta-${name}`, value])),
      },
      body,
    })
    if (etag !== undefined) return etag
    const { ETag } = await s3.client.send(
      new s3.sdk.PutObjectCommand({
        ...s3.storing(key),
        ...(metadata === undefined ? {} : { Metadata: metadata }),
        Body: body,
        ContentMD5: md5,
      }),
    )
    return ETag
  })
}

/** A copy within the store, with the headers of its own key. @throws StorageError when there is no source */
export async function copyObject(s3: S3Bucket, key: string, source: string): Promise<void> {
  await s3.change(`copy ${source} to ${key}`, () =>
    s3.client.send(
      new s3.sdk.CopyObjectCommand({
        ...s3.storing(key),
        CopySource: copySource(s3.place(source)),
        MetadataDirective: 'REPLACE',
      }),
    ),
  )
}

/** Sets an object's metadata, which S3 can only do by copying it onto itself. Does nothing when it changed meanwhile. */
export async function setMetadata(
  s3: S3Bucket,
  key: string,
  head: ObjectHead,
  metadata: Record<string, string>,
): Promise<void> {
  await s3.change(`set the metadata of ${key}`, async () => {
    try {
      await s3.client.send(
        new s3.sdk.CopyObjectCommand({
          ...s3.storing(key),
          CopySource: copySource(s3.place(key)),
          ...(head.etag === undefined ? {} : { CopySourceIfMatch: head.etag }),
          MetadataDirective: 'REPLACE',
          Metadata: metadata,
        }),
      )
    } catch (error) {
      if (failureOf(error).status !== 412) throw error
      s3.log.debug(`${key} changed while its metadata was set`)
    }
  })
}

/** @throws IntegrityError unless the digest is the one that the index promises */
export function assertDigest(spec: FileSpec, hex: string): void {
  const { filename, digest } = spec
  if (hex !== digest.hex)
    throw new IntegrityError(`${filename} has the ${digest.name} digest ${hex} instead of ${digest.hex}`)
}
