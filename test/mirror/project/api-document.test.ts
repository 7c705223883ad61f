import { describe, expect, it } from 'vitest'
import { runMirror } from '../../../src/mirror/mirror.js'
import { runVerify } from '../../../src/mirror/verify.js'
import { NOW, engine, indexOf, mirrorConfig, publish, serveTestIndex, servedFiles } from '../../helpers/engine.js'
import type { Engine } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const VERIFY = { delete: false, dryRun: false, jsonUpdate: false, restart: false, yes: false }
const SITE = 'https://pypi.example.org/mirror'
const UPSTREAM = 'json = true'
const MIRROR = `json = true\nroot_uri = ${SITE}\njson-urls = mirror`

/** URLs of the files in a stored document: of `urls`, then of all releases. */
function urls(run: Engine, key: string): string[] {
  type File = { readonly url: string }
  const document = JSON.parse(run.text(key) ?? '{}') as { urls: File[]; releases: Record<string, File[]> }
  return [...document.urls, ...Object.values(document.releases).flat()].map(({ url }) => url)
}

describe('json-urls = mirror', () => {
  it('serves documents whose files are those of the mirror, and keeps what upstream says for itself', async () => {
    const index = indexOf('demo')
    publish(index, 'demo', '2.0', 'sdist')
    const server = await serveTestIndex(index)
    const place = memoryPlace()
    const at = (mirror: string, hours: number): Promise<Engine> =>
      engine({ url: server.url, place, mirror, now: new Date(NOW.getTime() + hours * 3600_000) })
    const runs = async (mirror: string, hours: number): Promise<Engine> => {
      const run = await at(mirror, hours)
      await runMirror(run, PLAIN)
      return run
    }

    const first = await runs(MIRROR, 0)
    const served = urls(first, 'web/pypi/demo/json')
    expect(served).toHaveLength(3)
    for (const url of served) expect(first.keys()).toContain(`web${url.replace(SITE, '')}`)
    expect(urls(first, 'web/json/demo').every((url) => url.startsWith(server.url))).toBe(true)
    // But for the URLs it is the same document.
    const back = (first.text('web/pypi/demo/json') ?? '').replaceAll(SITE, server.url)
    expect(back).toBe(first.text('web/json/demo'))

    const [damaged] = [await at(MIRROR, 1)]
    await damaged.storage.write('web/pypi/demo/json', '{}')
    expect(await runVerify(damaged, VERIFY)).toBe(0)
    expect(damaged.report.documentsRepaired).toBe(1)
    expect(urls(damaged, 'web/pypi/demo/json')).toEqual(served)

    server.reset()
    const off = await runs(UPSTREAM, 2)
    expect(off.text('web/pypi/demo/json')).toBe(off.text('web/json/demo'))
    const on = await runs(MIRROR, 3)
    expect(urls(on, 'web/pypi/demo/json')).toEqual(served)
    expect(server.count(/GET/), 'what is stored suffices').toBe(0)
    expect(servedFiles(on, 'demo')).toHaveLength(2)
  })

  it('needs the address of the mirror', () => {
    expect(() => mirrorConfig('json-urls = mirror')).toThrow(/json-urls.*needs root_uri/)
    expect(() => mirrorConfig('json-urls = mirror\nroot_uri = /here')).toThrow(/needs root_uri/)
    expect(mirrorConfig(MIRROR).jsonUrls).toBe('mirror')
  })
})
