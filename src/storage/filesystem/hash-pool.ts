import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { StorageError, errorText } from '../../errors.js'
import type { HashAnswer, HashTask } from './hash-worker.js'

/** Hashes files on all cores, while the main thread goes on with other work. */
export interface HashPool {
  /**
   * The answers are in the order of the files.
   * @throws StorageError if two workers ended on the same files, or the pool was closed
   */
  hash(files: HashTask['files']): Promise<HashAnswer['digests']>
  close(): Promise<void>
}

export interface HashPoolOptions {
  /** the script of the workers */
  readonly script?: string
  /** how many workers there may be */
  readonly size?: number
}

interface Task {
  readonly files: HashTask['files']
  readonly resolve: (digests: HashAnswer['digests']) => void
  readonly reject: (error: Error) => void
  /** how many workers ended while they had it */
  losses: number
}

interface Member {
  readonly worker: Worker
  readonly tasks: Map<number, Task>
}

const MOST_LOSSES = 2

/** A worker starts when there are files and all others are busy, so a run that hashes nothing starts none. */
export function createHashPool({
  script = workerScript(),
  size = availableParallelism(),
}: HashPoolOptions = {}): HashPool {
  const members = new Set<Member>()
  let isClosed = false
  let lastId = 0

  function start(): Member {
    const member: Member = { worker: new Worker(script), tasks: new Map() }
    let reason = 'it ended'
    member.worker.on('message', ({ id, digests }: HashAnswer) => {
      const task = member.tasks.get(id)
      member.tasks.delete(id)
      if (member.tasks.size === 0) member.worker.unref()
      task?.resolve(digests)
    })
    member.worker.on('error', (error) => (reason = errorText(error)))
    member.worker.on('exit', () => {
      members.delete(member)
      for (const task of member.tasks.values()) lose(task, reason)
    })
    member.worker.unref()
    members.add(member)
    return member
  }

  /** The worker that had a task has ended: another one gets it, once. */
  function lose(task: Task, reason: string): void {
    task.losses += 1
    if (!isClosed && task.losses < MOST_LOSSES) return give(task)
    const [first] = task.files
    const what = `${first?.path ?? ''}${task.files.length > 1 ? ` and ${task.files.length - 1} more files` : ''}`
    task.reject(new StorageError(`cannot hash ${what}: the thread that does it failed: ${reason}`))
  }

  function give(task: Task): void {
    const [first, ...others] = members
    let member = others.reduce((best, one) => (loadOf(one) < loadOf(best) ? one : best), first ?? start())
    if (member.tasks.size > 0 && members.size < size) member = start()
    lastId += 1
    member.tasks.set(lastId, task)
    // A worker that works keeps the program alive.
    member.worker.ref()
    member.worker.postMessage({ id: lastId, files: task.files } satisfies HashTask)
  }

  return {
    hash: (files) =>
      new Promise((resolve, reject) => {
        if (isClosed) reject(new StorageError('the storage is closed'))
        else give({ files, resolve, reject, losses: 0 })
      }),
    async close() {
      isClosed = true
      await Promise.all([...members].map(({ worker }) => worker.terminate()))
    },
  }
}

/** How many files a worker still has to hash. */
function loadOf({ tasks }: Member): number {
  let files = 0
  for (const task of tasks.values()) files += task.files.length
  return files
}

/** The tests run the sources themselves; a worker needs the compiled file. */
function workerScript(): string {
  return fileURLToPath(new URL('./hash-worker.js', import.meta.url)).replace(
    /([\\/])src\1storage\1/,
    '$1dist$1storage$1',
  )
}
