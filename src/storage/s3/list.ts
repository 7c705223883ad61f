import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3'
import { StorageError } from '../../errors.js'
import type { S3Bucket } from './bucket.js'
import { byCodePoint, directoryPrefix, KEEP_FILE } from './keys.js'
import type { StoredEntry } from '../types.js'

/** DeleteObjects takes this many keys. */
const MOST_DELETED = 1000
/** Long enough that answers which arrive together lead to one request, short beside a request's own time. */
const BATCH_MS = 5

type PageOptions = Pick<ListObjectsV2CommandInput, 'Delimiter' | 'MaxKeys'>

/** The pages of a listing; names are percent-encoded on the wire because XML cannot carry every one. */
async function* pages(
  s3: S3Bucket,
  directory: string,
  options: PageOptions = {},
): AsyncGenerator<ListObjectsV2CommandOutput> {
  const { Bucket, Key: Prefix } = directoryPrefix(s3.root, directory)
  const fixed = { Bucket, Prefix, EncodingType: 'url' as const, ...options }
  let token: string | undefined
  do {
    const page = await s3.call(`list ${directory}`, () =>
      s3.client.send(
        new s3.sdk.ListObjectsV2Command({ ...fixed, ...(token === undefined ? {} : { ContinuationToken: token }) }),
      ),
    )
    yield page
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined
  } while (token !== undefined)
}

function decoder(page: ListObjectsV2CommandOutput): (name: string) => string {
  return page.EncodingType === 'url' ? (name) => decodeURIComponent(name.replaceAll('+', ' ')) : (name) => name
}

/** What stands for a directory: the marker of 8.0, that of 6.x on Swift, and the empty object `name/` that consoles make. */
const MARKERS = new Set(['', KEEP_FILE, '.swiftkeep'])
const isMarker = (name: string): boolean => MARKERS.has(name.slice(name.lastIndexOf('/') + 1))

/** All objects below a directory, any depth, 1000 a request. `time` is that of the upload to the store. */
export async function* walkObjects(s3: S3Bucket, directory: string): AsyncGenerator<StoredEntry> {
  const start = directoryPrefix(s3.root, directory).Key.length
  const base = directory === '' || directory.endsWith('/') ? directory : `${directory}/`
  for await (const page of pages(s3, directory)) {
    const decode = decoder(page)
    for (const { Key, Size, LastModified } of page.Contents ?? []) {
      const name = decode(Key ?? '').slice(start)
      if (!isMarker(name)) yield { key: base + name, size: Size ?? 0, time: (LastModified?.getTime() ?? 0) / 1000 }
    }
  }
}

export interface ListedObject {
  readonly key: string
  readonly etag: string | undefined
}

/** All objects below a directory in the order of the listing, one request for each array. */
export async function* objectPages(s3: S3Bucket, directory: string, size: number): AsyncGenerator<ListedObject[]> {
  const start = directoryPrefix(s3.root, directory).Key.length
  const base = directory === '' ? '' : `${directory}/`
  for await (const page of pages(s3, directory, { MaxKeys: size })) {
    const decode = decoder(page)
    yield (page.Contents ?? []).map(({ Key, ETag }) => ({ key: base + decode(Key ?? '').slice(start), etag: ETag }))
  }
}

/** Names directly below a directory, sorted by code point. */
export async function listNames(s3: S3Bucket, directory: string, kind: 'directories' | 'files'): Promise<string[]> {
  const start = directoryPrefix(s3.root, directory).Key.length
  const names: string[] = []
  for await (const page of pages(s3, directory, { Delimiter: '/' })) {
    const decode = decoder(page)
    if (kind === 'directories') {
      for (const { Prefix } of page.CommonPrefixes ?? []) names.push(decode(Prefix ?? '').slice(start, -1))
    } else {
      for (const { Key } of page.Contents ?? []) {
        const name = decode(Key ?? '').slice(start)
        if (!isMarker(name)) names.push(name)
      }
    }
  }
  return names.filter((name) => name !== '').sort(byCodePoint)
}

/** Whether anything lies below a key. */
export async function isDirectory(s3: S3Bucket, key: string): Promise<boolean> {
  const { Bucket, Key: Prefix } = directoryPrefix(s3.root, key)
  const page = await s3.call(`list ${key}`, () =>
    s3.client.send(new s3.sdk.ListObjectsV2Command({ Bucket, Prefix, MaxKeys: 1 })),
  )
  return (page.Contents ?? []).length > 0
}

/** Removes every object below a directory, markers too. */
export async function removeBelow(s3: S3Bucket, directory: string): Promise<void> {
  const { Bucket } = directoryPrefix(s3.root, directory)
  for await (const page of pages(s3, directory)) {
    const decode = decoder(page)
    await deleteObjects(
      s3,
      Bucket,
      (page.Contents ?? []).map(({ Key }) => decode(Key ?? '')),
    )
  }
}

/** Removes objects, up to 1000 a request. */
export async function removeObjects(s3: S3Bucket, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += MOST_DELETED) {
    await deleteObjects(
      s3,
      s3.root.bucket,
      keys.slice(from, from + MOST_DELETED).map((key) => s3.place(key).Key),
    )
  }
}

async function deleteObjects(s3: S3Bucket, Bucket: string, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return
  const answer = await s3.change(`remove ${keys.length === 1 ? keys[0] : `${keys.length} objects`}`, () =>
    s3.client.send(
      new s3.sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }),
    ),
  )
  const [failed] = answer.Errors ?? []
  if (failed !== undefined) {
    throw new StorageError(
      `cannot remove ${failed.Key ?? 'an object'} from the bucket ${Bucket}: ${failed.Code ?? failed.Message ?? 'refused'}`,
    )
  }
}

export interface Remover {
  /** Resolves once the object is gone. */
  remove(key: string): Promise<void>
}

/** Removals asked for at about the same time go to the store together, up to 1000 a request. */
export function createRemover(s3: S3Bucket): Remover {
  interface Waiting {
    readonly key: string
    readonly done: () => void
    readonly failed: (error: unknown) => void
  }
  let waiting: Waiting[] = []

  function send(): void {
    const batches = new Map<string, Waiting[]>()
    for (const one of waiting) {
      const { Bucket } = s3.place(one.key)
      const batch = batches.get(Bucket)
      if (batch === undefined) batches.set(Bucket, [one])
      else batch.push(one)
    }
    waiting = []
    for (const [Bucket, batch] of batches) {
      deleteObjects(
        s3,
        Bucket,
        batch.map(({ key }) => s3.place(key).Key),
      ).then(
        () => batch.forEach(({ done }) => done()),
        (error: unknown) => batch.forEach(({ failed }) => failed(error)),
      )
    }
  }

  return {
    remove(key) {
      return new Promise((done, failed) => {
        waiting.push({ key, done, failed })
        if (waiting.length === 1) setTimeout(send, BATCH_MS)
        if (waiting.length === MOST_DELETED) send()
      })
    },
  }
}
