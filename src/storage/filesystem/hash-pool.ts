import { availableParallelism } from 'node:os'
import { StorageError } from '../../errors.js'
import { WorkerEndedError, startWorkerThread, threadScript } from '../../worker-call.js'
import type { WorkerThread } from '../../worker-call.js'
import type { HashAnswer, HashQuestion } from './hash-worker.js'

/** Hashes files on all cores, while the main thread goes on with other work. */
export interface HashPool {
  /**
   * The answers are in the order of the files.
   * @throws StorageError if two workers ended on the same files, or the pool was closed
   */
  hash(files: HashQuestion): Promise<HashAnswer>
  close(): Promise<void>
}

export interface HashPoolOptions {
  /** the script of the workers */
  readonly script?: string
  /** how many workers there may be */
  readonly size?: number
}

interface Member {
  readonly thread: WorkerThread<HashQuestion, HashAnswer>
  /** how many files it still has to hash */
  files: number
}

/** More files are shared by several workers. */
const MOST_FILES = 100

/** The files of a worker that ends are given to another one, once. */
const ATTEMPTS = 2

/** A worker starts when there are files and all others are busy, so a run that hashes nothing starts none. */
export function createHashPool({
  script = threadScript('./hash-worker.js', import.meta.url),
  size = availableParallelism(),
}: HashPoolOptions = {}): HashPool {
  const members = new Set<Member>()
  let isClosed = false

  function start(): Member {
    const thread = startWorkerThread<HashQuestion, HashAnswer>(script, { onEnd: () => members.delete(member) })
    const member: Member = { thread, files: 0 }
    members.add(member)
    return member
  }

  /** The member with the least to do; a new one where all have something to do. */
  function choose(): Member {
    const [first, ...others] = members
    const best = others.reduce((least, one) => (one.files < least.files ? one : least), first ?? start())
    return best.thread.pending > 0 && members.size < size ? start() : best
  }

  async function hash(files: HashQuestion, attempt: number): Promise<HashAnswer> {
    if (isClosed) throw new StorageError('the storage is closed')
    const member = choose()
    member.files += files.length
    try {
      return await member.thread.ask(files)
    } catch (error) {
      if (!(error instanceof WorkerEndedError)) throw error
      if (!isClosed && attempt < ATTEMPTS) return await hash(files, attempt + 1)
      throw new StorageError(`cannot hash ${named(files)}: the thread that does it failed: ${error.message}`)
    } finally {
      member.files -= files.length
    }
  }

  return {
    async hash(files) {
      if (files.length <= MOST_FILES) return hash(files, 1)
      const starts = Array.from({ length: Math.ceil(files.length / MOST_FILES) }, (_, part) => part * MOST_FILES)
      return (await Promise.all(starts.map((from) => hash(files.slice(from, from + MOST_FILES), 1)))).flat()
    },
    async close() {
      isClosed = true
      await Promise.all([...members].map(({ thread }) => thread.close()))
    },
  }
}

function named([first, ...others]: HashQuestion): string {
  return `${first?.path ?? ''}${others.length > 0 ? ` and ${others.length} more files` : ''}`
}
