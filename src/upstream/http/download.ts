import { UpstreamError } from '../../errors.js'
import { discard } from './body.js'
import type { BodyConsumer } from './body.js'
import { answerError } from './document.js'
import type { Attempt } from './document.js'
import { header } from './exchange.js'
import type { AnswerHead } from './exchange.js'
import { shownUrl } from './failure.js'
import { announcedLength, wrongSize } from './file.js'
import type { DownloadTarget } from '../types.js'

/** An attempt that got this much starts the count of failures anew. */
const PROGRESS = 1024 * 1024

export interface DownloadState {
  readonly target: DownloadTarget
  readonly size: number | undefined
  /** bytes that the target holds now, and the validator they came with */
  held: number
  validator: string | undefined
  /** the most bytes that the target ever held */
  furthest: number
  /** what the target is still doing; an attempt ends after it, so that two never write at once */
  busy: Promise<void> | undefined
}

export function startDownload(target: DownloadTarget, size: number | undefined): DownloadState {
  return { target, size, held: target.held, validator: target.validator, furthest: target.held, busy: undefined }
}

/** If-Range compares strongly (RFC 9110, 13.1.5): weak ETags cannot be used. */
function validatorOf(head: AnswerHead): string | undefined {
  const etag = header(head, 'etag')
  return etag !== undefined && etag.startsWith('"') ? etag : header(head, 'last-modified')
}

/** The headers that ask for the rest; undefined when everything is needed. */
export function rangeHeaders(state: DownloadState): Record<string, string> | undefined {
  const { held, validator, size } = state
  if (held === 0 || validator === undefined || (size !== undefined && held > size)) return undefined
  return { range: `bytes=${held}-`, 'if-range': validator }
}

/** What is wrong with a 206 answer to `bytes=held-`; undefined when it is that. */
function rangeFault(head: AnswerHead, state: DownloadState): string | undefined {
  const value = header(head, 'content-range') ?? ''
  const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(value)
  if (match === null) return `Content-Range "${value.slice(0, 60)}" for the bytes from ${state.held}`
  const [first, last] = [Number(match[1]), Number(match[2])]
  const total = match[3] === '*' ? state.size : Number(match[3])
  const length = announcedLength(head)
  const fits =
    first === state.held &&
    (total === undefined || last === total - 1) &&
    (state.size === undefined || total === state.size) &&
    (length === undefined || length === last - first + 1)
  if (!fits) return `Content-Range "${value.slice(0, 60)}" for the bytes from ${state.held}`
  const etag = header(head, 'etag')
  const other = etag !== undefined && state.validator?.startsWith('"') === true && etag !== state.validator
  return other ? 'a part of another file than before' : undefined
}

function forget(state: DownloadState): void {
  state.held = 0
  state.validator = undefined
}

/** Writes what comes to the target, never more than the size. */
function targetConsumer(head: AnswerHead, state: DownloadState, resumed: boolean): BodyConsumer {
  const { target, size } = state
  if (!resumed) forget(state)
  const length = announcedLength(head)
  if (size !== undefined && length !== undefined && state.held + length !== size) {
    return discard(wrongSize(head, String(state.held + length), size))
  }
  if (!resumed) state.validator = validatorOf(head)
  let begun = false
  const begin = async (): Promise<void> => {
    await target.begin({ resumed, validator: state.validator })
    begun = true
  }
  const put = (chunk: Buffer): Promise<void> | void => {
    state.held += chunk.length
    state.furthest = Math.max(state.furthest, state.held)
    return target.write(chunk)
  }
  return {
    write(chunk) {
      if (size !== undefined && state.held + chunk.length > size) {
        forget(state)
        throw wrongSize(head, `more than ${size}`, size)
      }
      const pending = begun ? put(chunk) : begin().then(() => put(chunk))
      state.busy = pending ?? undefined
      return pending
    },
    async end() {
      if (!begun) await begin()
      if (size === undefined || state.held === size) return
      const got = state.held
      forget(state)
      throw wrongSize(head, String(got), size)
    },
  }
}

/**
 * One attempt at a large file, resumed where an earlier one stopped.
 * @param progress called when much came that no attempt before had got to, whatever happens then
 * @throws UpstreamError, Retryable, what the target throws
 */
export async function downloadOnce(attempt: Attempt, state: DownloadState, progress: () => void): Promise<void> {
  if (state.size !== undefined && state.size > 0 && state.held === state.size) {
    // Whole already; the target checks the digest.
    await state.target.begin({ resumed: true, validator: state.validator })
    return
  }
  const asked = rangeHeaders(state)
  const before = state.furthest
  try {
    await attempt((head) => {
      if (head.status === 200) return targetConsumer(head, state, false)
      const fault = head.status === 206 && asked !== undefined ? rangeFault(head, state) : undefined
      if (head.status === 206 && asked !== undefined && fault === undefined) return targetConsumer(head, state, true)
      // The range cannot be had, or not as asked: the next attempt starts over.
      if (head.status === 206 || head.status === 416) forget(state)
      if (head.status !== 206 && head.status !== 416) return discard(answerError(head))
      const why = fault ?? `status ${head.status}`
      return discard(new UpstreamError('content', `${shownUrl(head.url)}: the server did not resume: ${why}`))
    })
  } finally {
    await state.busy?.catch(() => undefined)
    // A server that does not resume gets no further by starting over.
    if (state.held - before >= PROGRESS) progress()
  }
}
