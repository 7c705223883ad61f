import type { FileSpec } from '../../model/files.js'
import { sameUploadTime, utimesArgument } from '../../python/timestamp.js'
import type { Caller } from './caller.js'
import { stat, utimes } from './calls.js'
import { storageError } from './errors.js'
import type { HashPool } from './hash-pool.js'
import type { CompareMethod, FileState } from '../types.js'

/** Why a path has no file of ours: nothing, a directory, a socket. */
const NO_FILE = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ENXIO'])

interface Disk {
  readonly path: (key: string) => string
  readonly holds: (target: string) => boolean
  readonly pool: HashPool
  readonly run: Caller['run']
}

/** A file whose digest decides, and its place among the others. */
interface Unsure {
  readonly position: number
  readonly spec: FileSpec
}

/** Compares stored files with their specs. `stat` reads only files whose size or time differ. */
export async function checkFiles(specs: readonly FileSpec[], method: CompareMethod, disk: Disk): Promise<FileState[]> {
  const states = specs.map((): FileState => 'missing')
  const unsure: Unsure[] = []
  const look = async (spec: FileSpec, position: number): Promise<void> => {
    const found = await guarded(spec, disk, disk.run(stat(disk.path(spec.key))))
    if (found === undefined || !found.isFile()) return
    const sizeFits = spec.size === undefined || spec.size === found.size
    const timeFits = spec.uploadTime !== undefined && sameUploadTime(found.mtimeMs / 1000, spec.uploadTime)
    if (method === 'stat' && sizeFits && timeFits) states[position] = 'current'
    else unsure.push({ position, spec })
  }
  const [first, ...others] = specs
  if (first !== undefined) await look(first, 0)
  // Where the first file is there, most likely all are: reading them tells as much as a look at each before.
  if (method === 'hash' && unsure.length > 0) others.forEach((spec, at) => unsure.push({ position: at + 1, spec }))
  else await Promise.all(others.map((spec, at) => look(spec, at + 1)))
  if (unsure.length === 0) return states
  const questions = unsure.map(({ spec }) => ({
    path: disk.path(spec.key),
    digest: spec.digest.name,
    size: spec.size,
  }))
  const digests = await disk.pool.hash(questions)
  for (const [index, { position, spec }] of unsure.entries()) {
    states[position] = stateOf(spec, digests[index], disk)
    // A symbolic link out of the mirror directory leads to a file that is not ours.
    if (states[position] === 'current' && method === 'stat' && disk.holds(disk.path(spec.key)))
      await repairTime(spec, disk)
  }
  return states
}

function stateOf(
  spec: FileSpec,
  found: string | { readonly code: string } | undefined,
  { path }: Pick<Disk, 'path'>,
): FileState {
  if (typeof found !== 'object') return found === spec.digest.hex ? 'current' : 'mismatch'
  if (NO_FILE.has(found.code)) return 'missing'
  throw storageError(Object.assign(new Error(found.code), { code: found.code }), 'read', path(spec.key))
}

/** Like 8.0 with `stat`: corrects the time of a release file that is right by its digest. */
async function repairTime(spec: FileSpec, disk: Disk): Promise<void> {
  if (spec.kind !== 'release' || spec.uploadTime === undefined) return
  await guarded(spec, disk, disk.run(utimes(disk.path(spec.key), utimesArgument(spec.uploadTime))))
}

async function guarded<T>(spec: FileSpec, { path }: Pick<Disk, 'path'>, made: Promise<T>): Promise<T> {
  try {
    return await made
  } catch (error) {
    throw storageError(error, 'look at', path(spec.key))
  }
}
