import * as fs from 'node:fs'
import { IntegrityError, systemCode } from '../../errors.js'
import type { FileSpec } from '../../model/files.js'
import { storageError } from './errors.js'
import type { FileReceiver } from '../types.js'

export interface PartialFile {
  /** absolute path of the bytes; `${path}.validator` holds the validator that they came with */
  readonly path: string
  /** what tells the partial files of this thread from those of another one that receives the same file */
  readonly thread: string
  /** sets time and mode, closes the descriptor and gives the file its name */
  readonly finish: (fd: number, from: string) => Promise<void>
  /** hex digest of a file, computed on another core while this one goes on receiving */
  readonly digest: (path: string, name: string) => Promise<string>
}

/** The name of a claim: while this file is there, only the thread that made it writes to the partial file. */
export const CLAIM = '.claim'

/**
 * Receives a large file into `.bandersnatch/partial/`. The bytes stay there when the connection breaks or the run is
 * killed, and the next attempt continues. The whole file is hashed before it gets its name, and no descriptor is open
 * when it has it.
 */
export async function receiveFile(spec: FileSpec, partial: PartialFile): Promise<FileReceiver> {
  const fail = (error: unknown): never => {
    throw storageError(error, 'write', partial.path)
  }
  let fd = -1
  let held = 0
  let validator: string | undefined
  let isClaimed = false
  let path = partial.path
  try {
    isClaimed = claim(path)
    // Another thread of this run receives the same file: this one starts from nothing, beside it.
    if (!isClaimed) path = `${path}.${partial.thread}`
    validator = isClaimed ? readValidator(`${path}.validator`) : undefined
    fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_NOFOLLOW, 0o644)
    if (validator === undefined) fs.ftruncateSync(fd, 0)
    else held = fs.fstatSync(fd).size
  } catch (error) {
    if (isClaimed) fs.rmSync(partial.path + CLAIM, { force: true })
    fail(error)
  }
  const close = (): void => {
    if (fd >= 0) fs.closeSync(fd)
    fd = -1
  }
  const release = (): void => {
    if (isClaimed) fs.rmSync(partial.path + CLAIM, { force: true })
  }
  const discard = (): void => {
    close()
    fs.rmSync(path, { force: true })
    fs.rmSync(`${path}.validator`, { force: true })
  }
  return {
    get held() {
      return held
    },
    get validator() {
      return validator
    },
    async begin(answer) {
      try {
        if (!answer.resumed) {
          fs.ftruncateSync(fd, 0)
          held = 0
        }
        if (answer.validator !== validator) {
          validator = answer.validator
          if (validator === undefined) fs.rmSync(`${path}.validator`, { force: true })
          else fs.writeFileSync(`${path}.validator`, validator)
        }
      } catch (error) {
        fail(error)
      }
    },
    write(chunk) {
      try {
        let written = 0
        while (written < chunk.length)
          written += fs.writeSync(fd, chunk, written, chunk.length - written, held + written)
        held += chunk.length
      } catch (error) {
        fail(error)
      }
    },
    async commit() {
      try {
        const hex = await partial.digest(path, spec.digest.name)
        if (hex !== spec.digest.hex) {
          throw new IntegrityError(
            `${spec.filename} has the ${spec.digest.name} digest ${hex} instead of ${spec.digest.hex}`,
          )
        }
        const finished = fd
        fd = -1
        await partial.finish(finished, path)
        fs.rmSync(`${path}.validator`, { force: true })
      } catch (error) {
        discard()
        fail(error)
      } finally {
        release()
      }
    },
    async abort(keep) {
      try {
        if (keep && isClaimed && held > 0 && validator !== undefined) close()
        else discard()
      } finally {
        release()
      }
    },
  }
}

/** @returns whether the partial file is this thread's alone */
function claim(path: string): boolean {
  try {
    fs.closeSync(fs.openSync(path + CLAIM, 'wx'))
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

function readValidator(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
