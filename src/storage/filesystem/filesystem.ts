import { hash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { IntegrityError, UnsafePathError, systemCode } from '../../errors.js'
import { LAYOUT } from '../../model/layout.js'
import { checkFiles } from './check.js'
import { createCaller } from './caller.js'
import { readFile, stat } from './calls.js'
import { listNames } from './names.js'
import { createDirectories } from './directories.js'
import { storageError } from './errors.js'
import { flushFileSystems } from './flush.js'
import { lockDirectory } from './lock.js'
import type { Host } from './lock.js'
import { removeBelow, removeFile, walkFiles } from './remove.js'
import { openListFile } from './list.js'
import { makePath } from './make-path.js'
import { CLAIM, receiveFile } from './receive.js'
import { createWriter } from './write.js'
import { createHashPool } from './hash-pool.js'
import { createOneWriter } from '../one-writer.js'
import type { Lock, RemoveOptions, Storage, StoredStat } from '../types.js'

export interface FilesystemOptions {
  /** absolute path of the mirror directory */
  readonly directory: string
  /** whether copies of pages get mode 0644 regardless of the umask, as in 8.0 */
  readonly managePermissions: boolean
  readonly host: Host
  /** what its temporary files begin with; another thread on the same directory needs another one */
  readonly temporary?: string
  /** for tests: milliseconds of the clock that tells how slow calls are */
  readonly now?: () => number
  /** called when another run takes the lock although this one lives */
  readonly onLockLost: (error: Error) => void
}

const OWN_DIRECTORIES = [LAYOUT.own, LAYOUT.partial, `${LAYOUT.own}/tmp`]
/** The bytes of a download that broke off are kept this long for a run that continues it. */
const PARTIAL_MS = 14 * 24 * 3600 * 1000

/**
 * A mirror on a file system. Most calls are made by a `Caller`: at once where they are fast, as for many small files the
 * way to the thread pool and back costs more than the call itself, and many at a time where they are slow.
 */
export function createFilesystemStorage(options: FilesystemOptions): Storage {
  const root = options.directory
  const directories = createDirectories(root)
  const { path, holds } = directories
  const { run } = createCaller(options.now)
  const writer = createWriter(directories, { ...options, run })
  const pool = createHashPool()
  const disk = { path, holds, pool, run }
  const oneWriter = createOneWriter(async (spec) => {
    const [state] = await checkFiles([spec], 'hash', disk)
    return state === 'current'
  })

  const guarded = <T>(doing: string, key: string, run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw storageError(error, doing, path(key))
    }
  }

  /** Nothing is removed by way of a symbolic link out of the mirror directory; a link itself may go. */
  function checkWay(key: string): void {
    if (holds(dirname(path(key)))) return
    throw new UnsafePathError(
      `${path(key)} lies behind a symbolic link out of the mirror directory; nothing is removed there`,
    )
  }

  async function hashOf(file: string, name: string): Promise<string> {
    const [found] = await pool.hash([{ path: file, digest: name }])
    if (typeof found === 'string') return found
    throw storageError(Object.assign(new Error('unreadable'), { code: found?.code }), 'read', file)
  }

  async function look(key: string): Promise<StoredStat | undefined> {
    const found = await run(stat(path(key))).catch((error: unknown) => {
      throw storageError(error, 'look at', path(key))
    })
    if (found === undefined || !found.isFile()) return undefined
    return { size: found.size, time: found.mtimeMs / 1000 }
  }

  /** The mirror directory, and what of it lies on other file systems. */
  function fileSystems(): string[] {
    const found = new Map<number, string>()
    for (const key of ['', 'web', LAYOUT.packages, LAYOUT.simple, LAYOUT.json]) {
      const stat = fs.statSync(path(key), { throwIfNoEntry: false })
      if (stat !== undefined && !found.has(stat.dev)) found.set(stat.dev, path(key))
    }
    return [...found.values()]
  }

  function remove(key: string, { pruneParents = false }: RemoveOptions): boolean {
    checkWay(key)
    const depth = pruneDepth(key, pruneParents)
    if (depth > 0) directories.forget()
    return guarded('remove', key, () => removeFile(path(key), depth))
  }

  return {
    properties: {
      metered: false,
      async freeBytes() {
        const found = guarded('look at', '', () => fs.statfsSync(nearestExisting(root), { bigint: true }))
        return Number(found.bavail * found.bsize)
      },
    },
    location: path,
    async prepare(keys) {
      makePath(root, 'create the mirror directory')
      for (const key of [...OWN_DIRECTORIES, ...keys]) await run(directories.ensure(key))
    },
    async lock(command): Promise<Lock> {
      for (const key of OWN_DIRECTORIES) await run(directories.ensure(key))
      const lock = await lockDirectory(command, { path, host: options.host, onLost: options.onLockLost })
      guarded('clean', LAYOUT.own, () => {
        removeBelow(path(`${LAYOUT.own}/tmp`), () => true)
        removeBelow(path(LAYOUT.partial), (name, ageMs) => name.endsWith(CLAIM) || ageMs > PARTIAL_MS)
      })
      return lock
    },
    async read(key) {
      try {
        return await run(readFile(path(key)))
      } catch (error) {
        if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return undefined
        throw storageError(error, 'read', path(key))
      }
    },
    async write(key, body, how) {
      await run(writer.page(key, body, how?.private === true))
    },
    async copy(key, source) {
      await run(writer.copy(key, source))
    },
    async writeStream(key, chunks) {
      await writer.stream(key, chunks)
    },
    async append(key, text) {
      guarded('write', key, () => appendText(path(key), text))
    },
    async link(key, target) {
      await run(writer.link(key, target))
    },
    stat: look,
    checkAll: (specs, { method }) => checkFiles(specs, method, disk),
    async put(spec, body) {
      const hex = hash(spec.digest.name, body, 'hex')
      if (hex !== spec.digest.hex) {
        throw new IntegrityError(
          `${spec.filename} has the ${spec.digest.name} digest ${hex} instead of ${spec.digest.hex}`,
        )
      }
      await oneWriter.put(spec, () => run(writer.file(spec.key, body, spec.uploadTime)))
    },
    receive: (spec) =>
      oneWriter.receive(spec, async () => {
        await run(directories.ensureParent(spec.key))
        const name = hash('sha256', spec.key + spec.digest.hex, 'hex').slice(0, 40)
        return receiveFile(spec, {
          path: path(`${LAYOUT.partial}/${name}`),
          thread: `other${options.temporary ?? ''}`,
          finish: (fd, from) => run(writer.adopt(spec.key, { fd, path: from }, spec.uploadTime)),
          digest: hashOf,
        })
      }),
    async remove(keys, how = {}) {
      const all = typeof keys === 'string' ? [keys] : keys
      return all.reduce((count, key) => count + (remove(key, how) ? 1 : 0), 0)
    },
    async removeTree(key) {
      checkWay(key)
      directories.forget()
      guarded('remove', key, () => fs.rmSync(path(key), { recursive: true, force: true }))
    },
    async names(key, kind) {
      try {
        return (await run(listNames(path(key), kind))).sort()
      } catch (error) {
        if (systemCode(error) === 'ENOENT') return []
        throw storageError(error, 'list', path(key))
      }
    },
    openList: async (place, nameInDirectory) => openListFile(place, nameInDirectory),
    walk: (key) => walkFiles(root, key),
    async flush() {
      await flushFileSystems(fileSystems())
    },
    close: () => pool.close(),
  }
}

/** How many directories above a file may go with it: never the first two (`web/packages`). */
function pruneDepth(key: string, prune: boolean | 'all'): number {
  const above = key.split('/').length - 3
  return prune === 'all' ? above : prune ? Math.min(1, above) : 0
}

/** Not through a symbolic link. */
function appendText(path: string, text: string): void {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = fs.constants
  const fd = fs.openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o666)
  try {
    fs.writeFileSync(fd, text)
  } finally {
    fs.closeSync(fd)
  }
}

/** A mirror directory that the first run is still to make lies on its parent's file system. */
function nearestExisting(path: string): string {
  return fs.existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path))
}
