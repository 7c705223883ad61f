import { createHash } from 'node:crypto'
import type { S3Config } from '../../config/types.js'
import type { StorageError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import { LAYOUT } from '../../model/layout.js'
import { createAppender } from './append.js'
import { openBucket } from './bucket.js'
import { createChecker, fileMetadata, uploadTimeOf, withMd5 } from './check.js'
import { openListObject } from './diff.js'
import { KEEP_FILE, parseRoot } from './keys.js'
import { createRemover, listNames, removeBelow, removeObjects, walkObjects } from './list.js'
import { SUCCESSION } from '../lock-claim.js'
import { createOneWriter } from '../one-writer.js'
import { lockBucket } from './lock.js'
import type { HeldLock, S3LockOptions } from './lock.js'
import { assertDigest, copyObject, headObject, putObject, readObject } from './objects.js'
import { createReceivers } from './receive.js'
import { loadSdk } from './client/sdk.js'
import { createHonoured, createStateFiles } from './state.js'
import { createSurvey } from './survey.js'
import { createUpload } from './upload.js'
import type { RemoveOptions, Storage } from '../types.js'

export interface S3Options {
  /** `/bucket/prefix` */
  readonly directory: string
  readonly log: Log
  readonly host: { readonly pid: number }
  /** called when the lock is lost although this run lives; from then on every write throws the same error */
  readonly onLockLost: (error: StorageError) => void
  /** for a store without conditional writes: a lock that excludes other runs by waiting */
  readonly timedLock?: boolean
  /** in ms; for tests */
  readonly lockTimes?: LockTimes
}

type LockTimes = Required<Pick<S3LockOptions, 'heartbeatMs' | 'expiryMs' | 'settleMs'>>

/** Signs of life before the lock expires. */
const HEARTBEATS = 6
const SETTLE_MS = 10_000

/**
 * A mirror in an S3 bucket, with the keys and metadata of bandersnatch 8.0.
 * @throws ConfigError for a wrong [s3] section, or when the AWS SDK is not installed
 */
export async function createS3Storage(config: S3Config, options: S3Options): Promise<Storage> {
  const root = parseRoot(options.directory)
  let held: HeldLock | undefined
  const sdk = await loadSdk()
  const s3 = await openBucket(sdk, config, { root, log: options.log, mayWrite: () => held?.assertHeld() })
  const state = createStateFiles(s3)
  const survey = createSurvey(s3, LAYOUT.packages)
  const appender = createAppender(s3, state)
  const receivers = createReceivers(s3)
  const checkObject = createChecker(s3, config.verifyConcurrency)
  const oneWriter = createOneWriter(async (spec) => (await checkObject(spec, { method: 'hash' })) === 'current')
  const remover = createRemover(s3)
  /** Prepared directories whose marker is not stored yet. */
  const unmarked = new Set<string>()

  const isOwn = (key: string): boolean => key.startsWith(`${LAYOUT.own}/`)
  const markerOf = (directory: string): string => (directory === '' ? KEEP_FILE : `${directory}/${KEEP_FILE}`)

  /** A run that stores nothing below a directory spares the request for its marker. */
  async function mark(key: string): Promise<void> {
    for (const directory of unmarked) {
      if (directory !== '' && !key.startsWith(`${directory}/`)) continue
      unmarked.delete(directory)
      await putObject(s3, markerOf(directory), new Uint8Array())
    }
  }

  /** The keys, and the markers of their directories where those go too. */
  function withMarkers(keys: readonly string[], { pruneParents = false }: RemoveOptions): string[] {
    if (pruneParents === false) return [...keys]
    return [...new Set([...keys, ...keys.map((key) => markerOf(key.slice(0, key.lastIndexOf('/'))))])]
  }

  /** Removes one file after asking whether it is there. */
  async function removeOne(key: string, how: RemoveOptions): Promise<boolean> {
    const head = state.isAbsent(key) ? undefined : await headObject(s3, key)
    if (head === undefined) return false
    await Promise.all(withMarkers([key], how).map((one) => remover.remove(one)))
    state.removed(key)
    if (isOwn(key)) await appender.forget(key, head)
    return true
  }

  /** Stores a page or state file. */
  async function store(key: string, body: Uint8Array): Promise<void> {
    await mark(key)
    state.stored(key, await putObject(s3, key, body))
  }

  return {
    properties: { metered: true, version: (key) => state.version(key), survey: (requests) => survey.look(requests) },
    location(key) {
      const { Bucket, Key } = s3.place(key)
      return `/${Bucket}/${Key}`.replace(/\/$/, '')
    },
    async prepare(keys) {
      for (const key of keys) unmarked.add(key)
    },
    async lock(command) {
      const expiry = config.lockExpiry * 1000
      const { heartbeatMs, expiryMs, settleMs } = options.lockTimes ?? {
        heartbeatMs: expiry / HEARTBEATS,
        expiryMs: expiry,
        settleMs: SETTLE_MS,
      }
      // With a client of its own: its signs of life wait behind no uploads, and no throttling of them slows it down.
      const own = await openBucket(sdk, config, { root, log: options.log, mayWrite: () => undefined })
      const lock = await lockBucket(own, command, {
        pid: options.host.pid,
        heartbeatMs,
        expiryMs,
        settleMs: options.timedLock === true ? settleMs : undefined,
        onLost: options.onLockLost,
        honoured: createHonoured(own, state),
      })
      held = lock
      const release = async (): Promise<void> => {
        held = undefined
        state.forget()
        await lock.release()
        own.close()
      }
      try {
        // A store that needs waiting may also be late with its listings.
        if (options.timedLock !== true) await state.look()
        // Of runs that were killed while they took over a lock before this one.
        await removeObjects(s3, state.beginning(SUCCESSION))
      } catch (error) {
        await release()
        throw error
      }
      return { release }
    },
    async read(key) {
      if (isOwn(key)) return appender.read(key)
      return state.isAbsent(key) ? undefined : (await readObject(s3, key))?.body
    },
    async write(key, body) {
      await store(key, typeof body === 'string' ? Buffer.from(body) : body)
      if (isOwn(key)) await appender.forget(key)
    },
    async writeStream(key, chunks) {
      await mark(key)
      state.stored(key, undefined)
      const upload = createUpload(s3, key, { metadata: {} })
      try {
        for await (const chunk of chunks) await upload.write(Buffer.from(chunk))
        await upload.complete()
      } catch (error) {
        await upload.abort()
        throw error
      }
    },
    append: (key, text) => appender.append(key, text),
    async copy(key, source) {
      await mark(key)
      state.stored(key, undefined)
      await copyObject(s3, key, source)
    },
    async link(key, target) {
      await mark(key)
      await copyObject(s3, key, target)
    },
    async stat(key) {
      if (state.isAbsent(key)) return undefined
      const head = await headObject(s3, key)
      if (head === undefined) return undefined
      const sha256 = head.metadata.get('sha256')
      return { size: head.size, time: uploadTimeOf(head) ?? head.modified, ...(sha256 === undefined ? {} : { sha256 }) }
    },
    checkAll: (specs, how) =>
      Promise.all(specs.map(async (spec) => (survey.isMissing(spec.key) ? 'missing' : checkObject(spec, how)))),
    async put(spec, body) {
      assertDigest(spec, createHash(spec.digest.name).update(body).digest('hex'))
      await mark(spec.key)
      survey.stored(spec.key)
      await oneWriter.put(spec, async () => {
        await putObject(s3, spec.key, body, withMd5(fileMetadata(spec), body))
      })
    },
    async receive(spec) {
      await mark(spec.key)
      survey.stored(spec.key)
      return oneWriter.receive(spec, () => receivers.receive(spec))
    },
    async remove(keys, how = {}) {
      if (typeof keys === 'string') return (await removeOne(keys, how)) ? 1 : 0
      await removeObjects(s3, withMarkers(keys, how))
      for (const key of keys) {
        state.removed(key)
        if (isOwn(key)) await appender.forget(key)
      }
      return keys.length
    },
    removeTree: (key) => removeBelow(s3, key),
    names: (key, kind) => listNames(s3, key, kind),
    openList: (place, nameInDirectory) => openListObject(s3, place, nameInDirectory),
    walk: (key) => walkObjects(s3, key),
    flush: () => appender.flush(),
    async close() {
      try {
        await appender.flush()
      } catch (error) {
        options.log.warn(error instanceof Error ? error.message : String(error))
      }
      await receivers.close()
      s3.close()
    },
  }
}
