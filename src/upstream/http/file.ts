import { UpstreamError } from '../../errors.js'
import { discard } from './body.js'
import type { BodyConsumer } from './body.js'
import type { Attempt } from './document.js'
import { answerError } from './document.js'
import { header } from './exchange.js'
import type { AnswerHead } from './exchange.js'
import { shownUrl } from './failure.js'

/** Content-Length, where it is a number. */
export function announcedLength(head: AnswerHead): number | undefined {
  const value = header(head, 'content-length')
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined
}

export function wrongSize(head: AnswerHead, got: string, size: number): UpstreamError {
  return new UpstreamError('content', `${shownUrl(head.url)}: ${got} bytes instead of ${size}`)
}

export interface FileOptions {
  readonly size: number | undefined
  readonly maxBytes: number
}

/** Collects one file; a body that cannot be the file is stopped as early as it shows. */
function fileConsumer(head: AnswerHead, options: FileOptions, take: (body: Buffer) => void): BodyConsumer {
  const { size } = options
  const announced = announcedLength(head)
  if (size !== undefined && announced !== undefined && announced !== size) {
    return discard(wrongSize(head, String(announced), size))
  }
  const limit = Math.min(size ?? options.maxBytes, options.maxBytes)
  const chunks: Buffer[] = []
  let bytes = 0
  return {
    write(chunk) {
      bytes += chunk.length
      if (bytes > limit) {
        if (size !== undefined && limit === size) throw wrongSize(head, `more than ${size}`, size)
        throw new UpstreamError('too-large', `${shownUrl(head.url)}: larger than ${limit} bytes`)
      }
      chunks.push(chunk)
    },
    end() {
      if (size !== undefined && bytes !== size) throw wrongSize(head, String(bytes), size)
      const [only] = chunks
      take(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes))
    },
  }
}

/**
 * One attempt at a whole small file. Its bytes are taken as they come, even where the server calls them
 * encoded: some serve .tar.gz files that way, and the digest is that of the file.
 * @throws UpstreamError, Retryable
 */
export async function fetchSmallFile(attempt: Attempt, options: FileOptions): Promise<Buffer> {
  let body: Buffer | undefined
  const head = await attempt((answer) => {
    if (answer.status !== 200) return discard(answerError(answer))
    return fileConsumer(answer, options, (whole) => {
      body = whole
    })
  })
  if (body === undefined) throw answerError(head)
  return body
}
