import { createHash, hash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { IntegrityError, UnsafePathError } from '../../errors.js'
import type { FileSpec } from '../../model/files.js'
import { LAYOUT } from '../../model/layout.js'
import { checkFiles } from './check.js'
import { createDirectories } from './directories.js'
import { errorCode, storageError } from './errors.js'
import { flushFileSystems } from './flush.js'
import { lockDirectory } from './lock.js'
import type { Host } from './lock.js'
import { removeBelow, removeFile, walkFiles } from './remove.js'
import { openListFile } from './list.js'
import { receiveFile } from './receive.js'
import { createWriter } from './write.js'
import { createHashPool } from './hash-pool.js'
import type { Lock, Storage, StoredStat } from '../types.js'

export interface FilesystemOptions {
  /** absolute path of the mirror directory */
  readonly directory: string
  /** whether copies of pages get mode 0644 whatever the umask says, as 8.0 has it */
  readonly managePermissions: boolean
  readonly host: Host
  /** what its temporary files begin with, where another thread has some, too */
  readonly temporary?: string
  /** called when another run takes the lock although this one lives */
  readonly onLockLost: (error: Error) => void
}

const OWN_DIRECTORIES = [LAYOUT.own, LAYOUT.partial, `${LAYOUT.own}/tmp`]
/** What a broken download left behind is kept this long for a run that goes on with it. */
const PARTIAL_MS = 14 * 24 * 3600 * 1000
/** Files up to this size are read in one piece to be hashed. */
const WHOLE_BYTES = 1 << 20

/**
 * A mirror on a file system. Calls are synchronous inside: for many small files the hop to the thread pool
 * costs more than the call itself.
 */
export function createFilesystemStorage(options: FilesystemOptions): Storage {
  const root = options.directory
  const directories = createDirectories(root)
  const { path, holds } = directories
  const writer = createWriter(directories, options)
  const pool = createHashPool()

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

  async function digest(key: string, name: string): Promise<string> {
    const fd = guarded('read', key, () => fs.openSync(path(key), 'r'))
    try {
      const { size } = fs.fstatSync(fd)
      if (size <= WHOLE_BYTES) return hash(name, fs.readFileSync(fd), 'hex')
      const hasher = createHash(name)
      for await (const chunk of fs.createReadStream('', { fd, autoClose: false, highWaterMark: WHOLE_BYTES })) {
        hasher.update(chunk as Buffer)
      }
      return hasher.digest('hex')
    } catch (error) {
      throw storageError(error, 'read', path(key))
    } finally {
      fs.closeSync(fd)
    }
  }

  async function hashOf(file: string, name: string): Promise<string> {
    const [found] = await pool.hash([{ path: file, digest: name }])
    if (typeof found === 'string') return found
    throw storageError(Object.assign(new Error('unreadable'), { code: found?.code }), 'read', file)
  }

  function stat(key: string): StoredStat | undefined {
    const found = guarded('look at', key, () => fs.statSync(path(key), { throwIfNoEntry: false }))
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

  function remove(key: string, prune: boolean | 'all' | undefined): boolean {
    checkWay(key)
    const depth = pruneDepth(key, prune)
    if (depth > 0) directories.forget()
    return guarded('remove', key, () => removeFile(path(key), depth))
  }

  return {
    kind: 'filesystem',
    location: path,
    async prepare(keys) {
      guarded('create the mirror directory', '', () => fs.mkdirSync(root, { recursive: true }))
      for (const key of [...OWN_DIRECTORIES, ...keys]) directories.ensure(key)
    },
    async lock(command): Promise<Lock> {
      for (const key of OWN_DIRECTORIES) directories.ensure(key)
      const lock = await lockDirectory(path(LAYOUT.own), command, options.host, options.onLockLost)
      guarded('clean', LAYOUT.own, () => {
        removeBelow(path(`${LAYOUT.own}/tmp`), 0)
        removeBelow(path(LAYOUT.partial), PARTIAL_MS)
      })
      return lock
    },
    async read(key) {
      try {
        return fs.readFileSync(path(key))
      } catch (error) {
        if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined
        throw storageError(error, 'read', path(key))
      }
    },
    async write(key, body, how) {
      writer.page(key, body, how?.private === true)
    },
    async copy(key, source) {
      writer.copy(key, source)
    },
    async writeStream(key, chunks) {
      await writer.stream(key, chunks)
    },
    async append(key, text) {
      guarded('write', key, () => appendText(path(key), text))
    },
    async link(key, target) {
      writer.link(key, target)
    },
    version: () => undefined,
    async stat(key) {
      return stat(key)
    },
    survey: async () => undefined,
    async check(spec, method) {
      const [state = 'missing'] = await checkFiles([spec], method, { path, holds, pool })
      return state
    },
    checkAll: (specs, method) => checkFiles(specs, method, { path, holds, pool }),
    digest,
    async put(spec, body) {
      const hex = hash(spec.digest.name, body, 'hex')
      if (hex !== spec.digest.hex) {
        throw new IntegrityError(
          `${spec.filename} has the ${spec.digest.name} digest ${hex} instead of ${spec.digest.hex}`,
        )
      }
      writer.file(spec.key, body, spec.uploadTime)
    },
    async receive(spec: FileSpec) {
      directories.ensureParent(spec.key)
      const partial = path(`${LAYOUT.partial}/${hash('sha256', spec.key + spec.digest.hex, 'hex').slice(0, 40)}`)
      return receiveFile(spec, {
        path: partial,
        finish: (fd) => writer.adopt(fd, partial, spec.key, spec.uploadTime),
        digest: hashOf,
      })
    },
    remove: async (key, how) => remove(key, how?.pruneParents),
    async removeListed(keys, how) {
      for (const key of keys) remove(key, how?.pruneParents)
    },
    async removeTree(key) {
      checkWay(key)
      directories.forget()
      guarded('remove', key, () => fs.rmSync(path(key), { recursive: true, force: true }))
    },
    async names(key, kind) {
      let entries: fs.Dirent[]
      try {
        entries = fs.readdirSync(path(key), { withFileTypes: true })
      } catch (error) {
        if (errorCode(error) === 'ENOENT') return []
        throw storageError(error, 'list', path(key))
      }
      const isDirectory = (entry: fs.Dirent): boolean =>
        entry.isSymbolicLink()
          ? fs.statSync(path(`${key}/${entry.name}`), { throwIfNoEntry: false })?.isDirectory() === true
          : entry.isDirectory()
      const wanted = entries.filter((entry) => isDirectory(entry) === (kind === 'directories'))
      return wanted.map((entry) => entry.name).sort()
    },
    openList: async (place, nameInDirectory) => openListFile(place, nameInDirectory),
    walk: (key) => walkFiles(root, key),
    async freeBytes() {
      const found = fs.statfsSync(nearestExisting(root), { bigint: true })
      return Number(found.bavail * found.bsize)
    },
    async flush() {
      await flushFileSystems(fileSystems())
    },
    close: () => pool.close(),
  }
}

/** How many directories above a file may go with it: never the first two (`web/packages`). */
function pruneDepth(key: string, prune: boolean | 'all' | undefined): number {
  const above = key.split('/').length - 3
  return prune === 'all' ? above : prune === true ? Math.min(1, above) : 0
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
