import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { InvalidDocumentError } from '../../errors.js'
import { MAX_METADATA } from '../../packaging/metadata.js'
import type { ByteSource } from './tar.js'
import { findInTar } from './tar.js'
import { isPkgInfo } from './wheel-metadata.js'

/** More is not unpacked in search of PKG-INFO, which stands among the first files of most sdists. */
const MAX_UNPACKED = 1024 * 1024 * 1024

/**
 * PKG-INFO out of an sdist that is a .tar.gz; undefined if it has none. Nothing of the stream is read behind it.
 * @param project any spelling
 * @throws InvalidDocumentError if the archive is damaged or unpacks to more than `maxUnpacked` bytes before PKG-INFO;
 * what the stream itself throws
 */
export async function readTarSdistMetadata(
  sdist: AsyncIterable<Uint8Array>,
  project: string,
  maxUnpacked = MAX_UNPACKED,
): Promise<Buffer | undefined> {
  const unpacked = createGunzip()
  const input = Readable.from(sdist, { objectMode: false })
  let inputError: Error | undefined
  input.on('error', (error: Error) => (inputError = error))
  pipeline(input, unpacked, () => undefined)
  try {
    return await findInTar(byteSource(unpacked, maxUnpacked), (path) => isPkgInfo(path, project), MAX_METADATA)
  } catch (error) {
    if (inputError !== undefined) throw inputError
    if (error instanceof InvalidDocumentError) throw error
    throw new InvalidDocumentError('not a .tar.gz archive that can be read', { cause: error })
  } finally {
    unpacked.destroy()
    input.destroy()
  }
}

function byteSource(stream: AsyncIterable<Buffer>, limit: number): ByteSource {
  const chunks = stream[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  let total = 0
  async function fill(): Promise<boolean> {
    const next = await chunks.next()
    if (next.done === true) return false
    total += next.value.length
    if (total > limit) throw new InvalidDocumentError(`the archive unpacks to more than ${limit} bytes`)
    rest = next.value
    return true
  }
  return {
    async take(length) {
      const parts: Buffer[] = []
      for (let missing = length; missing > 0;) {
        if (rest.length === 0 && !(await fill())) break
        const part = rest.subarray(0, missing)
        rest = rest.subarray(part.length)
        missing -= part.length
        parts.push(part)
      }
      return Buffer.concat(parts)
    },
    async skip(length) {
      for (let missing = length; missing > 0;) {
        if (rest.length === 0 && !(await fill())) return
        const count = Math.min(missing, rest.length)
        rest = rest.subarray(count)
        missing -= count
      }
    },
  }
}
