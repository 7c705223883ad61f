import { createHash, hash } from 'node:crypto'
import * as fs from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { systemCode } from '../../errors.js'
import { answerQuestions } from '../../worker-call.js'
import { createCaller } from './caller.js'
import { close, open, read } from './calls.js'
import type { Steps } from './steps.js'

/** Files to be hashed: absolute path, Node's name of the digest, and the size where it is known. */
export type HashQuestion = readonly {
  readonly path: string
  readonly digest: string
  readonly size?: number | undefined
}[]

/** For each file its hex digest, or the system's error code. */
export type HashAnswer = readonly (string | { readonly code: string })[]

const WHOLE_BYTES = 1 << 20
/** So many files are read at a time where the file system is slow. */
const READERS = 16
// A pipe in place of a file must not be waited for.
const READ = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK

function* hashFile({ path, digest, size }: HashQuestion[number], chunk: Buffer): Steps<string> {
  const fd = yield* open(path, READ)
  try {
    const length = yield* read(fd, chunk)
    const rest = chunk.subarray(length)
    const isWhole = length < WHOLE_BYTES && (length === size || (yield* read(fd, rest)) === 0)
    return isWhole ? hash(digest, chunk.subarray(0, length), 'hex') : yield* hashLarge(path, digest, chunk)
  } finally {
    yield* close(fd)
  }
}

/** A file that does not fit into one read, from its beginning. */
function* hashLarge(path: string, digest: string, chunk: Buffer): Steps<string> {
  const hasher = createHash(digest)
  const fd = yield* open(path, READ)
  try {
    for (let length = yield* read(fd, chunk); length > 0; length = yield* read(fd, chunk)) {
      hasher.update(chunk.subarray(0, length))
    }
    return hasher.digest('hex')
  } finally {
    yield* close(fd)
  }
}

const caller = createCaller()
const chunks: Buffer[] = []

/** One reader takes all files one after the other; where the file system is slow, several read at a time. */
async function hashFiles(files: HashQuestion): Promise<HashAnswer> {
  const answer: (string | { code: string })[] = []
  const queue = files.entries()
  const reader = async (): Promise<void> => {
    const chunk = chunks.pop() ?? Buffer.allocUnsafe(WHOLE_BYTES)
    for (const [position, file] of queue) {
      try {
        answer[position] = await caller.run(hashFile(file, chunk))
      } catch (error) {
        answer[position] = { code: systemCode(error) || 'EIO' }
      }
    }
    chunks.push(chunk)
  }
  await Promise.all(Array.from({ length: caller.isSlow ? Math.min(READERS, files.length) : 1 }, reader))
  return answer
}

if (parentPort !== null) answerQuestions<HashQuestion, HashAnswer>(parentPort, { answer: hashFiles })
