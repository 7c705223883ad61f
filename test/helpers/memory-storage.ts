import { createHash, hash } from 'node:crypto'
import { IntegrityError } from '../../src/errors.js'
import type { FileSpec } from '../../src/model/files.js'
import { compareCodePoints } from '../../src/python/code-points.js'
import { lockedError } from '../../src/storage/lock-holder.js'
import { createOneWriter } from '../../src/storage/one-writer.js'
import type {
  CheckOptions,
  FileReceiver,
  FileState,
  ListWriter,
  Storage,
  StorageProperties,
  StoredEntry,
} from '../../src/storage/types.js'

interface StoredFile {
  readonly body: Buffer
  /** seconds since the epoch */
  time: number
}

/** What several storages on one mirror share, as several runs share a directory. */
export interface MemoryPlace {
  readonly files: Map<string, StoredFile>
  readonly lists: Map<string, string>
  /** the text of the lock that is held */
  lock: string | undefined
}

export const memoryPlace = (): MemoryPlace => ({ files: new Map(), lists: new Map(), lock: undefined })

interface Kept {
  readonly validator: string
  readonly bytes: Buffer
}

/** A storage without a disk, for tests of the engine. It passes the contract suite. */
export function memoryStorage(
  place: MemoryPlace = memoryPlace(),
  properties: StorageProperties = { metered: false },
): Storage {
  const { files, lists } = place
  const kept = new Map<string, Kept>()
  const directory = (key: string): string => (key === '' ? '' : `${key}/`)
  const below = (key: string): string[] => [...files.keys()].filter((one) => one.startsWith(directory(key)))
  const store = (key: string, body: Uint8Array | string, time = Date.now() / 1000): void =>
    void files.set(key, { body: Buffer.from(body), time })

  function source(key: string): Buffer {
    const found = files.get(key)
    if (found === undefined) throw new Error(`${key}: there is no such file`)
    return found.body
  }

  function storeFile(spec: FileSpec, body: Buffer): void {
    assertDigest(spec, body)
    store(spec.key, body, spec.uploadTime)
  }

  function check(spec: FileSpec, { method }: CheckOptions): FileState {
    const found = files.get(spec.key)
    if (found === undefined) return 'missing'
    if (hash(spec.digest.name, found.body, 'hex') !== spec.digest.hex) return 'mismatch'
    if (method === 'stat' && spec.uploadTime !== undefined) found.time = spec.uploadTime
    return 'current'
  }

  const oneWriter = createOneWriter(async (spec) => check(spec, { method: 'hash' }) === 'current')

  async function receiver(spec: FileSpec): Promise<FileReceiver> {
    const name = `${spec.key} ${spec.digest.hex}`
    let { validator, bytes }: { validator: string | undefined; bytes: Buffer } = kept.get(name) ?? {
      validator: undefined,
      bytes: Buffer.alloc(0),
    }
    let chunks: Uint8Array[] = [bytes]
    let held = bytes.length
    kept.delete(name)
    return {
      get held() {
        return held
      },
      get validator() {
        return validator
      },
      async begin(answer) {
        if (!answer.resumed) [chunks, held] = [[], 0]
        validator = answer.validator
      },
      write(chunk) {
        chunks.push(Buffer.from(chunk))
        held += chunk.length
      },
      async commit() {
        storeFile(spec, Buffer.concat(chunks))
      },
      async abort(keep) {
        bytes = Buffer.concat(chunks)
        if (keep && held > 0 && validator !== undefined) kept.set(name, { validator, bytes })
      },
    }
  }

  return {
    properties,
    location: (key) => (key === '' ? '/memory' : `/memory/${key}`),
    prepare: async () => undefined,
    async lock(command) {
      if (place.lock !== undefined) throw lockedError(place.lock)
      const text = JSON.stringify({ command, host: 'memory', pid: 1 })
      place.lock = text
      return {
        async release() {
          if (place.lock === text) place.lock = undefined
        },
      }
    },
    read: async (key) => files.get(key)?.body,
    write: async (key, body) => store(key, body),
    async writeStream(key, chunks) {
      const all: string[] = []
      for await (const chunk of chunks) all.push(chunk)
      store(key, all.join(''))
    },
    append: async (key, text) =>
      store(key, Buffer.concat([files.get(key)?.body ?? Buffer.alloc(0), Buffer.from(text)])),
    copy: async (key, from) => store(key, source(from)),
    link: async (key, target) => store(key, source(target)),
    async stat(key) {
      const found = files.get(key)
      return found === undefined ? undefined : { size: found.body.length, time: found.time }
    },
    checkAll: async (specs, options) => specs.map((spec) => check(spec, options)),
    put: async (spec, body) => {
      assertDigest(spec, body)
      await oneWriter.put(spec, () => storeFile(spec, Buffer.from(body)))
    },
    receive: (spec) => oneWriter.receive(spec, () => receiver(spec)),
    async remove(keys) {
      const all = typeof keys === 'string' ? [keys] : keys
      return all.filter((key) => files.delete(key)).length
    },
    async removeTree(key) {
      for (const one of below(key)) files.delete(one)
    },
    async names(key, kind) {
      const rest = below(key).map((one) => one.slice(directory(key).length).split('/'))
      const wanted = rest.filter((parts) => parts.length > 1 === (kind === 'directories'))
      return [...new Set(wanted.map(([name = '']) => name))].sort(compareCodePoints)
    },
    async *walk(key): AsyncGenerator<StoredEntry> {
      for (const one of below(key)) {
        const found = files.get(one)
        if (found !== undefined) yield { key: one, size: found.body.length, time: found.time }
      }
    },
    async openList(at, nameInDirectory): Promise<ListWriter> {
      const isDirectory = [...lists.keys()].some((one) => one.startsWith(`${at}/`))
      const name = isDirectory ? `${at}/${nameInDirectory}` : at
      const lines: string[] = []
      lists.delete(name)
      return {
        add: (line) => void lines.push(line),
        close: async () => void lists.set(name, lines.join('\n')),
      }
    },
    flush: async () => undefined,
    close: async () => kept.clear(),
  }
}

/** @throws IntegrityError */
function assertDigest({ filename, digest }: FileSpec, body: Uint8Array): void {
  const hex = createHash(digest.name).update(body).digest('hex')
  if (hex !== digest.hex)
    throw new IntegrityError(`${filename} has the ${digest.name} digest ${hex} instead of ${digest.hex}`)
}
