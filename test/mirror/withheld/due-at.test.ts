import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../advisories/support.js'
import { indexOf, listedNames, publish, serveTestIndex } from '../../helpers/engine.js'
import type { EngineOptions } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import { day, mirror, versions } from './support.js'

const QUIET = ['RPC changelog_last_serial']

/** Options with a filter of somebody else: the text of a module, in which DUE is the time of `day(4)`. */
async function scene(module: string): Promise<{
  options: EngineOptions
  server: Awaited<ReturnType<typeof serveTestIndex>>
}> {
  const index = indexOf('one', 'two')
  publish(index, 'one', '2.0')
  const server = await serveTestIndex(index)
  const path = join(temporaryDirectory(), 'filter.mjs')
  writeFileSync(path, module.replaceAll('DUE', String(day(4).getTime())))
  return {
    server,
    options: {
      url: server.url,
      place: memoryPlace(),
      mirror: 'json = true\nreconcile-interval = 100000',
      sections: `[plugins]\nenabled = ${path}\n`,
      now: day(0),
    },
  }
}

const early = (date: Date): Date => new Date(date.getTime() - 1000)

describe("dueAt of somebody else's filter", () => {
  it.each([
    [
      'release_file',
      `keepFile: (file) => now >= DUE || !file.filename.includes('2.0'), dueAt: (file) => now < DUE && file.filename.includes('2.0') ? DUE : undefined`,
    ],
    [
      'release',
      `keepRelease: ({ version }) => now >= DUE || version !== '2.0', dueAt: () => (now < DUE ? DUE : undefined)`,
    ],
    [
      'release_file',
      // What is kept now goes later.
      `keepFile: (file) => now < DUE || !file.filename.includes('2.0'), dueAt: () => (now < DUE ? DUE : undefined)`,
    ],
  ])('%s: the project is looked at when its answer changes', async (kind, body) => {
    const { options, server } = await scene(`export default (config, { now }) => ({ kind: '${kind}', ${body} })`)
    const before = versions(await mirror(options), 'one')
    server.reset()
    expect(versions(await mirror({ ...options, now: early(day(4)) }), 'one')).toEqual(before)
    expect([...server.requests.keys()]).toEqual(QUIET)
    const after = versions(await mirror({ ...options, now: day(4) }), 'one')
    expect([before, after].sort()).toEqual([['1.0'], ['1.0', '2.0']])
    server.reset()
    await mirror({ ...options, now: day(5) })
    expect([...server.requests.keys()]).toEqual(QUIET)
  })

  it.each([
    [
      'metadata',
      `keepMetadata: ({ name }) => now >= DUE || name !== 'one', dueAt: () => (now < DUE ? DUE : undefined)`,
    ],
    ['project', `keepProject: (name) => now >= DUE || name !== 'one', dueAt: () => (now < DUE ? DUE : undefined)`],
  ])('%s: the project comes when its answer changes', async (kind, body) => {
    const { options, server } = await scene(`export default (config, { now }) => ({ kind: '${kind}', ${body} })`)
    expect(listedNames(await mirror(options))).toEqual(['two'])
    server.reset()
    expect(listedNames(await mirror({ ...options, now: early(day(4)) }))).toEqual(['two'])
    expect([...server.requests.keys()]).toEqual(QUIET)
    expect(listedNames(await mirror({ ...options, now: day(4) }))).toEqual(['one', 'two'])
    server.reset()
    await mirror({ ...options, now: day(5) })
    expect([...server.requests.keys()]).toEqual(QUIET)
  })

  it.each([
    [`dueAt: () => 'tomorrow'`, /dueAt answers string, not milliseconds/],
    [`dueAt: () => NaN`, /dueAt answers number, not milliseconds/],
    [`dueAt: () => { throw new Error('no') }`, /dueAt fails: no/],
  ])('%s fails the project', async (due, message) => {
    const { options } = await scene(`export default { kind: 'release_file', keepFile: () => true, ${due} }`)
    const run = await mirror(options)
    expect(run.report.failures).toHaveLength(2)
    expect(run.report.failures[0]?.reason).toMatch(message)
  })

  it('in the past does not make the project due in every run', async () => {
    const { options, server } = await scene(
      `export default { kind: 'release_file', keepFile: () => true, dueAt: () => 1 }`,
    )
    expect(versions(await mirror(options), 'one')).toEqual(['1.0', '2.0'])
    server.reset()
    await mirror({ ...options, now: day(1) })
    expect([...server.requests.keys()]).toEqual(QUIET)
  })
})
