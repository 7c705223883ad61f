import { brotliDecompressSync, createBrotliDecompress, createGunzip, gunzipSync } from 'node:zlib'
import { UpstreamError, systemCode } from '../../errors.js'
import type { BodyReader } from '../types.js'

/** Takes one answer's body. A promise holds the connection back until it resolves. */
export interface BodyConsumer {
  write(chunk: Buffer): void | Promise<void>
  end(): void | Promise<void>
  /** the answer broke off, or `write` or `end` failed */
  drop?(): void
}

const REFUSED_BODY = 64 * 1024

/**
 * For an answer that is an error: reads a short body to its end, as that keeps the connection.
 * `error` undefined: the body is of no interest.
 */
export function discard(error?: Error): BodyConsumer {
  let bytes = 0
  return {
    write(chunk) {
      bytes += chunk.length
      if (bytes > REFUSED_BODY) throw error ?? new UpstreamError('too-large', 'an empty answer has a long body')
    },
    end() {
      if (error !== undefined) throw error
    },
  }
}

/** A consumer that hands a document's bytes on, counted. */
function bounded(reader: BodyReader, maxBytes: number, shown: string): BodyConsumer {
  let bytes = 0
  return {
    write(chunk) {
      bytes += chunk.length
      if (bytes > maxBytes) throw tooLarge(maxBytes, shown)
      reader.write(chunk)
    },
    end: () => reader.end(),
  }
}

/** What is packed tighter than this, and no small document, is a bomb: JSON full of digests shrinks to a tenth. */
const BOMB_RATIO = 100
const BOMB_BYTES = 8 * 1024 * 1024

/** Unpacks as the bytes come, so that a bomb is met in its first megabytes. */
function unpacking(stream: ReturnType<typeof createGunzip>, to: BodyConsumer, shown: string): BodyConsumer {
  let failure: Error | undefined
  let wake: (() => void) | undefined
  let ended = false
  let packed = 0
  let unpacked = 0
  const settle = (): void => {
    wake?.()
    wake = undefined
  }
  const fail = (error: unknown): void => {
    failure ??= error instanceof Error ? error : new Error(String(error))
    stream.destroy()
    settle()
  }
  const settled = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    if (failure !== undefined) throw failure
  }
  stream.on('data', (chunk: Buffer) => {
    unpacked += chunk.length
    try {
      if (unpacked > BOMB_BYTES && unpacked > BOMB_RATIO * packed) {
        throw tooTight(shown)
      }
      void to.write(chunk)
    } catch (error) {
      fail(error)
    }
  })
  stream.on('drain', settle)
  stream.on('end', () => {
    ended = true
    settle()
  })
  stream.on('error', (cause) => {
    fail(new UpstreamError('content', `${shown}: broken compression`, undefined, { cause }))
  })
  return {
    write(chunk) {
      if (failure !== undefined) throw failure
      packed += chunk.length
      return stream.write(chunk) ? undefined : settled()
    },
    async end() {
      stream.end()
      if (failure === undefined && !ended) await settled()
      if (failure !== undefined) throw failure
      await to.end()
    },
    drop: () => stream.destroy(),
  }
}

interface Unpacker {
  readonly whole: (packed: Buffer, options: { readonly maxOutputLength: number }) => Buffer
  readonly stream: () => ReturnType<typeof createGunzip>
}

const CHUNKS = { chunkSize: 64 * 1024 }
const GZIP: Unpacker = { whole: gunzipSync, stream: () => createGunzip(CHUNKS) }
const BROTLI: Unpacker = { whole: brotliDecompressSync, stream: () => createBrotliDecompress(CHUNKS) }

/** Up to so many packed bytes are unpacked in one go, which costs far less than a stream. */
const WHOLE_BYTES = 128 * 1024

/** Takes a packed document: most are small. */
function packed({ whole, stream }: Unpacker, to: BodyConsumer, maxBytes: number, shown: string): BodyConsumer {
  const chunks: Buffer[] = []
  let bytes = 0
  let large: BodyConsumer | undefined
  return {
    write(chunk) {
      if (large !== undefined) return large.write(chunk)
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes <= WHOLE_BYTES) return undefined
      large = unpacking(stream(), to, shown)
      return large.write(Buffer.concat(chunks.splice(0)))
    },
    end() {
      if (large !== undefined) return large.end()
      const tightest = Math.max(BOMB_BYTES, BOMB_RATIO * bytes)
      let unpacked: Buffer
      try {
        unpacked = whole(Buffer.concat(chunks, bytes), { maxOutputLength: Math.min(maxBytes, tightest) })
      } catch (cause) {
        if (systemCode(cause) === 'ERR_BUFFER_TOO_LARGE')
          throw maxBytes <= tightest ? tooLarge(maxBytes, shown) : tooTight(shown)
        throw new UpstreamError('content', `${shown}: broken compression`, undefined, { cause })
      }
      void to.write(unpacked)
      return to.end()
    },
    drop: () => large?.drop?.(),
  }
}

function tooLarge(maxBytes: number, shown: string): UpstreamError {
  return new UpstreamError('too-large', `${shown}: larger than ${maxBytes} bytes`)
}

function tooTight(shown: string): UpstreamError {
  return new UpstreamError('too-large', `${shown}: unpacks to more than ${BOMB_RATIO} times its size`)
}

/**
 * Takes a document: unpacked, bounded.
 * @param encoding the answer's Content-Encoding
 * @param maxBytes of the unpacked document
 */
export function documentConsumer(reader: BodyReader, encoding: string, maxBytes: number, shown: string): BodyConsumer {
  const to = bounded(reader, maxBytes, shown)
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return to
    case 'gzip':
    case 'x-gzip':
      return packed(GZIP, to, maxBytes, shown)
    case 'br':
      return packed(BROTLI, to, maxBytes, shown)
    default:
      throw new UpstreamError('content', `${shown}: unknown Content-Encoding ${encoding.slice(0, 40)}`)
  }
}

/** Keeps a document as one Buffer. */
export function collector(): BodyReader & { readonly body: () => Buffer } {
  const chunks: Uint8Array[] = []
  return {
    write: (chunk) => void chunks.push(chunk),
    end: () => undefined,
    body: () => (chunks.length === 1 && Buffer.isBuffer(chunks[0]) ? chunks[0] : Buffer.concat(chunks)),
  }
}
