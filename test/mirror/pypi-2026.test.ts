import { describe, expect, it } from 'vitest'
import { runMirror } from '../../src/mirror/mirror.js'
import { runVerify } from '../../src/mirror/verify.js'
import { answerWith } from '../helpers/index/index.js'
import { engine, indexOf, publish, servedFiles, serveTestIndex } from '../helpers/engine.js'
import type { Engine, EngineOptions } from '../helpers/engine.js'
import { memoryPlace } from '../helpers/memory-storage.js'

async function mirror(options: EngineOptions): Promise<Engine> {
  const run = await engine(options)
  await runMirror(run, { forceCheck: false, allowRemovals: false, retryFailed: false })
  return run
}

describe('a release in quarantine', () => {
  it.each(['json = true', 'json = false', 'api-method = simple'])(
    'leaves the page in the next run, and comes back when it is cleared: %s',
    async (lines) => {
      const index = indexOf('one', 'two')
      publish(index, 'one', '2.0')
      const server = await serveTestIndex(index)
      const options = { url: server.url, place: memoryPlace(), mirror: lines }
      await mirror(options)
      index.quarantineRelease('one', '2.0')
      const hidden = await mirror(options)
      expect(servedFiles(hidden, 'one')).toEqual(['one-1.0-py3-none-any.whl'])
      // An edit makes the page anew from the document, which still names the release.
      const edited = await mirror({ ...options, mirror: `${lines}\nroot_uri = https://example.org` })
      expect(servedFiles(edited, 'one')).toEqual(['one-1.0-py3-none-any.whl'])
      index.unquarantineRelease('one', '2.0')
      expect(servedFiles(await mirror(options), 'one')).toHaveLength(2)
    },
  )
})

describe('an index that has HTML pages alone', () => {
  it('gets JSON pages with the sizes of what is stored', async () => {
    const index = indexOf('one')
    const server = await serveTestIndex(index, ({ path, headers }) => {
      if (path.startsWith('/pypi/')) return answerWith(404, {}, '')
      headers.accept = 'text/html'
      return 'pass'
    })
    const options = { url: server.url, place: memoryPlace() }
    const run = await mirror(options)
    const [key = ''] = run.keys(/\.whl$/)
    const page = JSON.parse(run.text('web/simple/one/index.v1_json') ?? '') as { files: { size: number }[] }
    expect(page.files.map(({ size }) => size)).toEqual([run.place.files.get(key)?.body.length])
    const checked = await engine(options)
    const flags = { delete: false, dryRun: false, jsonUpdate: false, restart: true, yes: false }
    expect([await runVerify(checked, flags), checked.report.pagesRepaired]).toEqual([0, 0])
  })
})
