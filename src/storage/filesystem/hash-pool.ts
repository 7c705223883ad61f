import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { HashAnswer, HashTask } from './hash-worker.js'

/** Hashes files on all cores: reading and hashing a tree is pure work that the main thread need not wait for. */
export interface HashPool {
  hash(files: HashTask['files']): Promise<HashAnswer['digests']>
  close(): Promise<void>
}

interface Waiting {
  resolve(digests: HashAnswer['digests']): void
  reject(error: Error): void
}

/** Workers start with the first files to hash; a run that has none pays nothing. */
export function createHashPool(): HashPool {
  const waiting = new Map<number, Waiting>()
  const workers: { worker: Worker; load: number }[] = []
  let lastId = 0

  function start(): void {
    // The tests run the sources themselves; a worker needs the compiled file.
    const script = fileURLToPath(new URL('./hash-worker.js', import.meta.url)).replace(
      /([\\/])src\1storage\1/,
      '$1dist$1storage$1',
    )
    for (let number = 0; number < availableParallelism(); number++) {
      const worker = new Worker(script)
      const entry = { worker, load: 0 }
      worker.on('message', ({ id, digests }: HashAnswer) => {
        entry.load -= digests.length
        waiting.get(id)?.resolve(digests)
        waiting.delete(id)
      })
      worker.on('error', (error) => {
        for (const one of waiting.values()) one.reject(error)
        waiting.clear()
      })
      worker.unref()
      workers.push(entry)
    }
  }

  return {
    hash(files) {
      if (workers.length === 0) start()
      lastId += 1
      const id = lastId
      const [first, ...others] = workers
      if (first === undefined) return Promise.reject(new Error('no worker could be started'))
      const idlest = others.reduce((best, entry) => (entry.load < best.load ? entry : best), first)
      idlest.load += files.length
      return new Promise((resolve, reject) => {
        // A worker that works keeps the program alive.
        idlest.worker.ref()
        const done = (): void => {
          if (idlest.load === 0) idlest.worker.unref()
        }
        waiting.set(id, {
          resolve: (digests) => {
            done()
            resolve(digests)
          },
          reject,
        })
        idlest.worker.postMessage({ id, files } satisfies HashTask)
      })
    },
    async close() {
      await Promise.all(workers.map(({ worker }) => worker.terminate()))
      workers.length = 0
    },
  }
}
