import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { fixtureIndex } from '../helpers/index/index.js'
import type { WebServer } from '../serve/servers.js'
import { startNginx } from '../serve/servers.js'
import { createMirror, listedNames, publish, served, serveIndex } from './support.js'
import type { TestMirror } from './support.js'

interface Link {
  readonly mirror: TestMirror
  readonly server: WebServer
}

async function addLink(master: string, options: string): Promise<Link> {
  const mirror = createMirror(master, options)
  const ran = await mirror.run()
  expect(ran, ran.log).toMatchObject({ code: 0 })
  const { directory, config } = mirror
  const server = await startNginx({ scratch: dirname(directory), directory, web: join(directory, 'web'), config })
  onTestFinished(() => server.close())
  return { mirror, server }
}

it.each([
  ['with metadata documents', 'json = true\n'],
  ['with pages alone', 'json = false\n'],
  ['with hash-index', 'json = true\nhash-index = true\n'],
])('a mirror of a mirror of a mirror %s, served by nginx, is equal to the first', async (_, kind) => {
  const options = `${kind}removed-projects = delete\n`
  const index = fixtureIndex()
  let down = false
  const pypi = await serveIndex(index, { onRequest: () => (down ? (response) => response.destroy() : 'pass') })
  const first = await addLink(pypi.url, options)
  // What is fetched comes from the mirror.
  down = true
  const second = await addLink(first.server.url, options)
  const third = await addLink(second.server.url, options)
  const links = [first, second, third]
  const equal = (): void => {
    const wanted = served(first.mirror.directory)
    expect(Object.keys(wanted).length).toBeGreaterThan(80)
    for (const { mirror } of [second, third]) expect(served(mirror.directory)).toEqual(wanted)
  }
  equal()

  down = false
  index.yank('demo-core', '1.0', 'old')
  index.deleteProject('demo-bare')
  index.removeFile('demo-compat', 'demo_compat-1.0.tar.gz')
  publish(index, { name: 'demo-new', version: '1.0' }, ['wheel', 'sdist'])
  for (const { mirror } of links) expect(await mirror.run()).toMatchObject({ code: 0 })
  expect(listedNames(third.mirror)).not.toContain('demo-bare')
  equal()

  first.server.requests()
  expect(await second.mirror.run()).toMatchObject({ code: 0 })
  expect(first.server.requests()).toEqual(['POST /pypi', 'GET /simple/'])

  // bandersnatch 8.0 compares the serials of the list with its own, and insists on that of the header.
  if (!kind.includes('json = true')) return
  const { url } = third.server
  const accept = 'application/vnd.pypi.simple.v1+json'
  const list = (await (await fetch(`${url}/simple/`, { headers: { accept } })).json()) as {
    projects: Record<string, unknown>[]
  }
  expect(list.projects.map(({ name }) => name)).toEqual(listedNames(first.mirror))
  for (const { name, '_last-serial': serial } of list.projects) {
    expect(serial).toBe(index.projects.get(String(name))?.serial)
    const answer = await fetch(`${url}/pypi/${String(name)}/json`)
    expect(answer.status).toBe(200)
    expect(Number(answer.headers.get('x-pypi-last-serial'))).toBeGreaterThanOrEqual(Number(serial))
  }
})

it('a mirror that leaves files out offers no more than it has', async () => {
  const pypi = await serveIndex(fixtureIndex())
  const first = await addLink(
    pypi.url,
    'json = true\n[plugins]\nenabled = latest_release\n[latest_release]\nkeep = 1\n',
  )
  const second = await addLink(first.server.url, 'json = true\n')
  expect(served(second.mirror.directory)).toEqual(served(first.mirror.directory))
})
