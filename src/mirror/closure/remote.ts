import { LONGEST_END } from '../../closure/archive/zip-directory.js'
import type { RandomAccess } from '../../closure/archive/random-access.js'
import { InvalidDocumentError } from '../../errors.js'
import type { HttpClient } from '../../upstream/types.js'

type Http = Pick<HttpClient, 'fetchRange'>

/** A file at upstream of which the end is read at once; undefined where the server gives no parts. */
export async function openRemote(http: Http, url: string): Promise<RandomAccess | undefined> {
  const end = await http.fetchRange(url, { last: LONGEST_END })
  if (end === 'whole') return undefined
  return {
    size: end.size,
    async read(offset, length) {
      if (offset >= end.first) return end.bytes.subarray(offset - end.first, offset - end.first + length)
      const part = await http.fetchRange(url, { first: offset, length })
      if (part === 'whole' || part.size !== end.size)
        throw new InvalidDocumentError('the file changed while it was read')
      return part.bytes
    },
  }
}

/** The first bytes of a file at upstream; undefined where the server gives no parts. */
export async function readBeginning(http: Http, url: string, length: number): Promise<Buffer | undefined> {
  const part = await http.fetchRange(url, { first: 0, length })
  return part === 'whole' ? undefined : part.bytes
}
