import { describe, expect, it } from 'vitest'
import { runMirror } from '../../../src/mirror/mirror.js'
import { runVerify } from '../../../src/mirror/verify.js'
import { engine, indexOf, listedNames, serveTestIndex } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'

const RUN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const VERIFY = { delete: true, dryRun: false, jsonUpdate: false, restart: false, yes: true }

/** Filters that read what a page does not tell. */
const FILTERS = [
  ['regex_project_metadata', '[regex_project_metadata]\nnot-null:info.package_url =\n    http.*\n'],
  [
    'regex_release_file_metadata',
    '[regex_release_file_metadata]\nnot-null:release_file.packagetype =\n    bdist_wheel\n',
  ],
] as const

describe.each(FILTERS)('a mirror without documents, with %s', (plugin, section) => {
  const sections = `[plugins]\nenabled = ${plugin}\n${section}`

  it('verify takes nothing off, for the page is what the filter left', async () => {
    const server = await serveTestIndex(indexOf('one'))
    const options = { url: server.url, place: memoryPlace(), mirror: 'json = false', sections }
    await runMirror(await engine(options), RUN)
    const run = await engine(options)
    const served = (): Record<string, string | undefined> =>
      Object.fromEntries(run.keys(/^web\/(?:simple|packages)/).map((key) => [key, run.text(key)]))
    const before = served()
    expect(listedNames(run)).toEqual(['one'])
    expect(await runVerify(run, VERIFY)).toBe(0)
    expect(served()).toEqual(before)
  })

  it.each(['hash-index = true', 'simple-format = JSON'])('an edit of an option takes nothing off: %s', async (edit) => {
    const server = await serveTestIndex(indexOf('one'))
    const options = { url: server.url, place: memoryPlace(), mirror: 'json = false', sections }
    await runMirror(await engine(options), RUN)
    const run = await engine({ ...options, mirror: `json = false\n${edit}` })
    await runMirror(run, RUN)
    expect(listedNames(run)).toEqual(['one'])
    expect(run.keys(/^web\/packages\/.*whl$/)).toHaveLength(1)
    expect(run.text(`web/simple/${edit.startsWith('hash') ? 'o/' : ''}one/index.v1_json`)).toContain('one-1.0-py3')
  })
})
