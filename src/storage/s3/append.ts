import { randomBytes } from 'node:crypto'
import type { S3Bucket } from './bucket.js'
import { removeBelow, walkObjects } from './list.js'
import { putObject, readObject } from './objects.js'
import type { ObjectHead } from './objects.js'
import type { StateFiles } from './state.js'

/** Files that only grow. S3 cannot append, so each batch becomes an object of its own. */
export interface Appender {
  append(key: string, text: string): Promise<void>
  /** Stores what is still in memory. */
  flush(): Promise<void>
  /** The whole text; undefined when there is no such file. */
  read(key: string): Promise<Buffer | undefined>
  /** To be called once a file was removed or replaced: its segments go too. `head`: its last, where known. */
  forget(key: string, head?: ObjectHead): Promise<void>
}

/** A batch is stored once it is this large or its first line this old: what a killed run may lose of its journal. */
const BATCH_BYTES = 64 * 1024
const BATCH_MS = 5_000

/** Metadata of the file's own object: the directory of its segments. A rewritten file has none, hence no segments. */
const SEGMENTS = 'segments'

interface Batch {
  /** number of the segment that it becomes */
  number: number
  texts: string[]
  bytes: number
  since: number
}

/**
 * `key` itself holds what was there before the first append and names, in its metadata, the directory of numbered
 * segments that follow. So a file that was never appended to is read with one request, like any other.
 */
export function createAppender(s3: S3Bucket, state: StateFiles): Appender {
  const directories = new Map<string, string>()
  const batches = new Map<string, Batch>()
  let last: Promise<unknown> = Promise.resolve()

  /** One call after the other: segments must be numbered in the order of the text. */
  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = last.then(run, run)
    last = turn.catch(() => undefined)
    return turn
  }

  async function open(key: string): Promise<Batch> {
    const known = batches.get(key)
    if (known !== undefined) return known
    const base = state.isAbsent(key) ? undefined : await readObject(s3, key)
    const name = base?.metadata.get(SEGMENTS) ?? randomBytes(8).toString('hex')
    const directory = `${key}.${name}`
    if (base?.metadata.get(SEGMENTS) === undefined) {
      await putObject(s3, key, base?.body ?? Buffer.alloc(0), { [SEGMENTS]: name })
      state.stored(key, undefined)
    }
    const before = base === undefined ? [] : await segments(directory)
    const batch = { number: numberOf(before.at(-1)) + 1, texts: [], bytes: 0, since: 0 }
    directories.set(key, directory)
    batches.set(key, batch)
    return batch
  }

  async function segments(directory: string): Promise<string[]> {
    const keys: string[] = []
    for await (const { key } of walkObjects(s3, directory)) keys.push(key)
    return keys.sort((a, b) => numberOf(a) - numberOf(b))
  }

  async function store(key: string): Promise<void> {
    const batch = batches.get(key)
    const directory = directories.get(key)
    if (batch === undefined || directory === undefined || batch.bytes === 0) return
    await putObject(s3, `${directory}/${String(batch.number).padStart(8, '0')}`, Buffer.from(batch.texts.join('')))
    batch.number += 1
    batch.texts = []
    batch.bytes = 0
  }

  return {
    append: (key, text) =>
      inTurn(async () => {
        const batch = await open(key)
        if (batch.bytes === 0) batch.since = performance.now()
        batch.texts.push(text)
        batch.bytes += Buffer.byteLength(text)
        if (batch.bytes >= BATCH_BYTES || performance.now() - batch.since >= BATCH_MS) await store(key)
      }),
    flush: () =>
      inTurn(async () => {
        for (const key of batches.keys()) await store(key)
      }),
    read: (key) =>
      inTurn(async () => {
        await store(key)
        const base = state.isAbsent(key) ? undefined : await readObject(s3, key)
        const name = base?.metadata.get(SEGMENTS)
        if (base === undefined || name === undefined) return base?.body
        const directory = `${key}.${name}`
        directories.set(key, directory)
        const parts = await Promise.all((await segments(directory)).map((segment) => readObject(s3, segment)))
        return Buffer.concat([base.body, ...parts.map((part) => part?.body ?? Buffer.alloc(0))])
      }),
    forget: (key, head) =>
      inTurn(async () => {
        const name = head?.metadata.get(SEGMENTS)
        const directory = directories.get(key) ?? (name === undefined ? undefined : `${key}.${name}`)
        directories.delete(key)
        batches.delete(key)
        if (directory !== undefined) await removeBelow(s3, directory)
      }),
  }
}

function numberOf(key: string | undefined): number {
  return key === undefined ? 0 : Number(key.slice(key.lastIndexOf('/') + 1))
}
