import * as fs from 'node:fs'
import { IntegrityError } from '../../errors.js'
import type { FileSpec } from '../../model/files.js'
import { storageError } from './errors.js'
import type { FileReceiver } from '../types.js'

export interface PartialFile {
  /** absolute path of the bytes; `${path}.validator` keeps what they came with */
  readonly path: string
  /** gives the finished file its name, time and mode */
  readonly finish: (fd: number) => void
  /** hex digest of the finished file, computed on another core while this one goes on receiving */
  readonly digest: (path: string, name: string) => Promise<string>
}

/**
 * A large file on its way in. What has arrived stays under `.bandersnatch/partial/` when the connection
 * breaks or the run is killed; the next attempt goes on from there. The whole file is hashed before it gets its name.
 */
export async function receiveFile(spec: FileSpec, partial: PartialFile): Promise<FileReceiver> {
  const validatorPath = `${partial.path}.validator`
  const fail = (error: unknown): never => {
    throw storageError(error, 'write', partial.path)
  }
  let fd = -1
  let held = 0
  let validator: string | undefined
  try {
    validator = readValidator(validatorPath)
    fd = fs.openSync(partial.path, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_NOFOLLOW, 0o644)
    if (validator === undefined) fs.ftruncateSync(fd, 0)
    else held = fs.fstatSync(fd).size
  } catch (error) {
    fail(error)
  }
  const close = (): void => {
    if (fd >= 0) fs.closeSync(fd)
    fd = -1
  }
  const discard = (): void => {
    close()
    fs.rmSync(partial.path, { force: true })
    fs.rmSync(validatorPath, { force: true })
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
          if (validator === undefined) fs.rmSync(validatorPath, { force: true })
          else fs.writeFileSync(validatorPath, validator)
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
      const hex = await partial.digest(partial.path, spec.digest.name)
      if (hex !== spec.digest.hex) {
        discard()
        throw new IntegrityError(
          `${spec.filename} has the ${spec.digest.name} digest ${hex} instead of ${spec.digest.hex}`,
        )
      }
      try {
        partial.finish(fd)
        close()
        fs.rmSync(validatorPath, { force: true })
      } catch (error) {
        discard()
        fail(error)
      }
    },
    async abort(keep) {
      if (keep && held > 0 && validator !== undefined) close()
      else discard()
    },
  }
}

function readValidator(path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
