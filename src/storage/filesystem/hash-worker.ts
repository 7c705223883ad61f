import { createHash, hash } from 'node:crypto'
import * as fs from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { systemCode } from '../../errors.js'
import { answerQuestions } from '../../worker-call.js'

/** Files to be hashed: absolute path and Node's name of the digest. */
export type HashQuestion = readonly { readonly path: string; readonly digest: string }[]

/** For each file its hex digest, or the system's error code. */
export type HashAnswer = readonly (string | { readonly code: string })[]

const WHOLE_BYTES = 1 << 20
const chunk = Buffer.allocUnsafe(WHOLE_BYTES)

function hashFile(path: string, digest: string): string | { code: string } {
  let fd: number
  try {
    fd = fs.openSync(path, 'r')
  } catch (error) {
    return { code: systemCode(error) || 'EIO' }
  }
  try {
    const read = fs.readSync(fd, chunk, 0, WHOLE_BYTES, null)
    if (read < WHOLE_BYTES && fs.readSync(fd, chunk, read, WHOLE_BYTES - read, null) === 0) {
      return hash(digest, chunk.subarray(0, read), 'hex')
    }
    return hashRest(fd, digest)
  } catch (error) {
    return { code: systemCode(error) || 'EIO' }
  } finally {
    fs.closeSync(fd)
  }
}

/** A file that does not fit into one read, from its beginning. */
function hashRest(fd: number, digest: string): string {
  const hasher = createHash(digest)
  let position = 0
  for (;;) {
    const read = fs.readSync(fd, chunk, 0, WHOLE_BYTES, position)
    if (read === 0) return hasher.digest('hex')
    hasher.update(chunk.subarray(0, read))
    position += read
  }
}

if (parentPort !== null) {
  answerQuestions<HashQuestion, HashAnswer>(parentPort, {
    answer: (files) => files.map(({ path, digest }) => hashFile(path, digest)),
  })
}
