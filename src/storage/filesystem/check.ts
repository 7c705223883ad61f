import * as fs from 'node:fs'
import type { FileSpec } from '../../model/files.js'
import { sameUploadTime, utimesArgument } from '../../python/timestamp.js'
import { storageError } from './errors.js'
import type { HashPool } from './hash-pool.js'
import type { CompareMethod, FileState } from '../types.js'

/** Compares stored files with their specs. `stat` reads only files whose size or time differ. */
export async function checkFiles(
  specs: readonly FileSpec[],
  method: CompareMethod,
  disk: {
    readonly path: (key: string) => string
    readonly holds: (target: string) => boolean
    readonly pool: HashPool
  },
): Promise<FileState[]> {
  const states: FileState[] = []
  const unsure: { readonly position: number; readonly spec: FileSpec }[] = []
  for (const [position, spec] of specs.entries()) {
    const stat = guarded(spec, disk.path, () => fs.statSync(disk.path(spec.key), { throwIfNoEntry: false }))
    states.push('missing')
    if (stat === undefined || !stat.isFile()) continue
    const sizeFits = spec.size === undefined || spec.size === stat.size
    const timeFits = spec.uploadTime !== undefined && sameUploadTime(stat.mtimeMs / 1000, spec.uploadTime)
    if (method === 'stat' && sizeFits && timeFits) states[position] = 'current'
    else unsure.push({ position, spec })
  }
  if (unsure.length === 0) return states
  const files = unsure.map(({ spec }) => ({ path: disk.path(spec.key), digest: spec.digest.name }))
  const digests = await disk.pool.hash(files)
  for (const [index, { position, spec }] of unsure.entries()) {
    const found = digests[index]
    if (typeof found === 'object' && found.code !== 'ENOENT') {
      throw storageError(Object.assign(new Error(found.code), { code: found.code }), 'read', disk.path(spec.key))
    }
    states[position] = typeof found === 'object' ? 'missing' : found === spec.digest.hex ? 'current' : 'mismatch'
    // A symbolic link out of the mirror directory leads to a file that is not ours.
    if (states[position] === 'current' && method === 'stat' && disk.holds(disk.path(spec.key)))
      repairTime(spec, disk.path)
  }
  return states
}

/** Like 8.0 with `stat`: corrects the time of a release file that is right by its digest. */
function repairTime(spec: FileSpec, path: (key: string) => string): void {
  if (spec.kind !== 'release' || spec.uploadTime === undefined) return
  const time = utimesArgument(spec.uploadTime)
  guarded(spec, path, () => fs.utimesSync(path(spec.key), time, time))
}

function guarded<T>(spec: FileSpec, path: (key: string) => string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw storageError(error, 'look at', path(spec.key))
  }
}
