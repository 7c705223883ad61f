import { describe, expect, it } from 'vitest'
import { failureOf, serve, testClient } from './support.js'

const MAX = { maxBytes: 1000 }

/** Redirects `/to/<status>/<location, encoded>`; everything else echoes. */
async function redirector(): Promise<string> {
  const { url } = await serve((req, res) => {
    const match = /^\/to\/(\d+)\/(.*)$/.exec(req.url ?? '')
    if (match === null) {
      res.end(`${req.method} ${req.url} ${req.headers.authorization ?? 'nobody'}`)
    } else {
      res.writeHead(Number(match[1]), { location: decodeURIComponent(match[2] ?? '') })
      res.end('go there')
    }
  })
  return url
}

const to = (location: string, status = 302): string => `/to/${status}/${encodeURIComponent(location)}`

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('are followed (%i)', async (status) => {
    const url = await redirector()
    const answer = await testClient().get(url + to('/end?x=1#y', status), MAX)
    expect(answer.body.toString()).toBe('GET /end?x=1 nobody')
    expect(answer.url).toBe(`${url}/end?x=1`)
  })

  it('are followed for files', async () => {
    const url = await redirector()
    const body = await testClient().fetchFile(url + to('/end'), { size: undefined, maxBytes: 1000 })
    expect(body.toString()).toBe('GET /end nobody')
  })

  it('are five at most', async () => {
    const url = await redirector()
    const times = (n: number): string => (n === 0 ? '/end' : to(times(n - 1)))
    expect((await testClient().get(url + times(5), MAX)).status).toBe(200)
    const error = await failureOf(testClient().get(url + times(6), MAX))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain('more than 5 redirects')
  })

  it('do not go in a circle', async () => {
    const { url } = await serve((req, res) => {
      res.writeHead(302, { location: req.url === '/a' ? '/b' : '/a' })
      res.end()
    })
    const http = testClient()
    expect((await failureOf(http.get(`${url}/a`, MAX))).message).toBe(`${url}/a: redirects in a circle`)
    expect(http.counts).toMatchObject({ retries: 0, requests: 3 })
  })

  it.each(['ftp://127.0.0.1/x', 'file:///etc/passwd', 'javascript:alert(1)', 'http://[x', ''])(
    'do not lead to %j',
    async (location) => {
      const url = await redirector()
      const error = await failureOf(testClient().get(url + to(location), MAX))
      expect(['refused']).toContain(error.kind)
    },
  )

  it('without a Location are errors', async () => {
    const { url } = await serve((_, res) => {
      res.statusCode = 301
      res.end()
    })
    expect(await failureOf(testClient().get(url, MAX))).toMatchObject({ kind: 'refused' })
  })

  it('carry credentials to the same origin only', async () => {
    const url = await redirector()
    const other = await redirector()
    const http = testClient()
    const own = url.replace('//', '//us%40er:pa%3Ass@')
    const basic = `Basic ${Buffer.from('us@er:pa:ss').toString('base64')}`
    const ask = async (location: string): Promise<string> => (await http.get(own + to(location), MAX)).body.toString()
    expect(await ask('/end')).toBe(`GET /end ${basic}`)
    expect(await ask(`${other}/end`)).toBe('GET /end nobody')
    expect(await ask(other + to(`${url}/end`))).toBe(`GET /end ${basic}`)
    expect(await ask(`${other.replace('//', '//a:b@')}/end`)).toBe('GET /end nobody')
  })

  it('leave no credentials in the address of the answer', async () => {
    const url = await redirector()
    for (const userinfo of ['user', ':secret', 'user:secret']) {
      const target = `${url.replace('//', `//${userinfo}@`)}/end`
      expect((await testClient().get(url + to(target), MAX)).url).toBe(`${url}/end`)
    }
  })

  it('keep a POST a POST or are errors', async () => {
    const url = await redirector()
    const http = testClient()
    const post = (path: string) => http.post(url + path, 'x', { ...MAX, contentType: 'text/xml' })
    expect((await post(to('/end', 307))).body.toString()).toBe('POST /end nobody')
    expect(await failureOf(post(to('/end', 301)))).toMatchObject({ kind: 'status', status: 301 })
  })
})

describe('plain http', () => {
  it('is for documents only when allowed, for files always', async () => {
    const url = await redirector()
    const http = testClient({ allowNonHttps: false })
    const error = await failureOf(http.get(url, MAX))
    expect(error).toMatchObject({ kind: 'refused' })
    expect(error.message).toContain('allow-non-https')
    expect(http.counts.requests).toBe(0)
    expect((await http.fetchFile(`${url}/f`, { size: undefined, maxBytes: 1000 })).toString()).toBe('GET /f nobody')
  })

  it('is the only other scheme', async () => {
    const http = testClient()
    for (const url of ['ftp://127.0.0.1/x', 'file:///etc/passwd', 'data:,x']) {
      expect(await failureOf(http.fetchFile(url, { size: undefined, maxBytes: 1 }))).toMatchObject({ kind: 'refused' })
    }
  })
})
