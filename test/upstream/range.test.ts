import { describe, expect, it } from 'vitest'
import { readWheelMetadata } from '../../src/closure/archive/wheel-metadata.js'
import { openRemote, readBeginning } from '../../src/mirror/closure/remote.js'
import { packagesPath } from '../helpers/index/digests.js'
import { createPackageIndex, startIndex, wheel } from '../helpers/index/index.js'
import { failureOf, sampleBytes, serve, testClient } from './support.js'

const FILE = sampleBytes(100_000)

/** What a server says to a Range, instead of the honest answer. */
interface Lie {
  readonly status?: number
  readonly range?: string
  readonly body?: Buffer
}

async function partServer(lie: Lie = {}): Promise<string> {
  const { url } = await serve((req, res) => {
    const [, a = '', b = ''] = /^bytes=(\d*)-(\d*)$/.exec(req.headers.range ?? '') ?? []
    const first = a === '' ? Math.max(0, FILE.length - Number(b)) : Number(a)
    const last = a === '' ? FILE.length - 1 : Math.min(FILE.length - 1, Number(b))
    res.statusCode = lie.status ?? 206
    res.setHeader('content-range', lie.range ?? `bytes ${first}-${last}/${FILE.length}`)
    res.end(lie.body ?? FILE.subarray(first, last + 1))
  })
  return url
}

describe('a part of a file', () => {
  it('is read from the end, from within, and shorter where the file ends', async () => {
    const client = testClient()
    const url = await partServer()
    const part = async (range: Parameters<typeof client.fetchRange>[1]): Promise<unknown> => {
      const answer = await client.fetchRange(url, range)
      return answer === 'whole' ? answer : [answer.first, answer.bytes.length, answer.size]
    }
    expect(await part({ last: 1000 })).toEqual([99_000, 1000, 100_000])
    expect(await part({ last: 200_000 })).toEqual([0, 100_000, 100_000])
    expect(await part({ first: 10, length: 20 })).toEqual([10, 20, 100_000])
    expect(await part({ first: 99_990, length: 20 })).toEqual([99_990, 10, 100_000])
  })

  it('is not taken from a server that gives no parts, whatever the size of the file', async () => {
    for (const body of [FILE, Buffer.alloc(10_000_000), Buffer.from('short')]) {
      const url = await partServer({ status: 200, body })
      expect(await testClient().fetchRange(url, { last: 1000 })).toBe('whole')
      expect(await openRemote(testClient(), url)).toBeUndefined()
      expect(await readBeginning(testClient(), url, 10)).toBeUndefined()
    }
  })

  it.each([
    ['another part', { range: 'bytes 0-999/100000' }],
    ['a part of a file of another size', { range: 'bytes 99000-99999/200000' }],
    ['a part that ends before it begins', { range: 'bytes 99000-98000/100000' }],
    ['a size that is not known', { range: 'bytes 99000-99999/*' }],
    ['no Content-Range', { range: 'none' }],
    ['too few bytes', { body: FILE.subarray(0, 10) }],
    ['too many bytes', { body: FILE.subarray(0, 5000) }],
    ['an error', { status: 416 }],
    ['nothing', { status: 404 }],
  ] satisfies [string, Lie][])('is refused where the server gives %s', async (_, lie) => {
    const url = await partServer(lie)
    const failure = await failureOf(testClient().fetchRange(url, { last: 1000 }))
    expect(['content', 'status']).toContain(failure.kind)
  })

  it('tells what a wheel requires', async () => {
    const index = createPackageIndex()
    const files = { 'app/data.bin': sampleBytes(300_000) }
    index.publish('app', '1.0', [wheel({ name: 'app', version: '1.0', requiresDist: ['lib>=1'], files })])
    const server = await startIndex(index)
    try {
      const file = index.projects.get('app')?.releases.get('1.0')?.files[0]
      const digest = file?.digests()
      const client = testClient()
      const path = file === undefined || digest === undefined ? '' : packagesPath(file.filename, digest)
      const remote = await openRemote(client, `${server.url}/${path}`)
      expect(remote?.size).toBeGreaterThan(100_000)
      const metadata = remote === undefined ? undefined : await readWheelMetadata(remote, 'app')
      expect(metadata?.toString()).toContain('Requires-Dist: lib>=1')
      expect(server.bytesOut).toBeLessThan(100_000)
    } finally {
      await server.close()
    }
  })
})
