import { describe, expect, it } from 'vitest'
import { createPackageIndex } from '../../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../../helpers/index/index.js'
import { answerWith } from '../../helpers/index/index.js'
import { numbered, publish, serveIndex } from '../support.js'
import { createMirror, danglingLinks, expectFresh, pageNames } from './support.js'
import type { Mirror } from './support.js'

const NAMES = numbered(6)
const ALL = 'json = true\nmax-requests = 1\nremoved-projects = delete\n'
/** Drops version 1.0 of every project. */
const NEWEST = `${ALL}[plugins]\nenabled = latest_release\n[latest_release]\nkeep = 1\n`

async function twoReleasesEach(onRequest: (request: HookedRequest) => Reaction = () => 'pass') {
  const index = createPackageIndex()
  for (const name of NAMES) for (const version of ['1.0', '2.0']) publish(index, { name, version })
  const upstream = await serveIndex(index, { onRequest })
  return { index, upstream }
}

/** Puts the edit back and expects that nothing of it is left, without asking upstream for more than it must. */
async function takeBack(mirror: Mirror, url: string): Promise<void> {
  mirror.configure(ALL)
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  expect(await danglingLinks(mirror)).toEqual([])
  await expectFresh(mirror, url, ALL)
}

describe('a filter edit that is taken back leaves nothing of it', () => {
  it('after a run that a signal ended', async () => {
    let stopAt = ''
    const { index, upstream } = await twoReleasesEach(({ path }) => {
      if (stopAt !== '' && path.includes(stopAt)) mirror.stop()
      return 'pass'
    })
    const mirror = createMirror(upstream.url, ALL)
    await mirror.mirror()
    mirror.configure(NEWEST)
    // Something to ask for, in the middle of the list.
    index.yank(NAMES[3] ?? '', '2.0')
    stopAt = `/${NAMES[3] ?? ''}/`
    expect(await mirror.mirror()).toMatchObject({ code: 143 })
    stopAt = ''
    expect((await mirror.keys()).filter((key) => key.includes('-1.0-')).length).toBeLessThan(2 * NAMES.length)
    await takeBack(mirror, upstream.url)
  })

  it('after a run that stop-on-error ended', async () => {
    let broken = ''
    const { index, upstream } = await twoReleasesEach(({ path }) =>
      broken !== '' && path.includes(broken) ? answerWith(403, {}) : 'pass',
    )
    const mirror = createMirror(upstream.url, ALL)
    await mirror.mirror()
    index.yank(NAMES[3] ?? '', '2.0')
    broken = `/${NAMES[3] ?? ''}/`
    mirror.configure(NEWEST.replace('[plugins]', 'stop-on-error = true\n[plugins]'))
    expect(await mirror.mirror()).toMatchObject({ code: 1 })
    broken = ''
    await takeBack(mirror, upstream.url)
  })

  it('after a run in which the guard refused removals', async () => {
    const { upstream } = await twoReleasesEach()
    const mirror = createMirror(upstream.url, `${ALL}removal-limit = 0\n`)
    await mirror.mirror()
    mirror.configure(
      `${ALL}removal-limit = 0\n[plugins]\nenabled =\n  latest_release\n  blocklist_project\n[latest_release]\nkeep = 1\n[blocklist]\npackages = ${NAMES[0] ?? ''}\n`,
    )
    expect(await mirror.mirror()).toMatchObject({ code: 1 })
    await takeBack(mirror, upstream.url)
  })

  it('after a sync in between', async () => {
    const { upstream } = await twoReleasesEach()
    const mirror = createMirror(upstream.url, ALL)
    await mirror.mirror()
    mirror.configure(NEWEST)
    expect(await mirror.sync(NAMES[1] ?? '')).toMatchObject({ code: 0 })
    await takeBack(mirror, upstream.url)
  })

  it('after a complete run with it', async () => {
    const { upstream } = await twoReleasesEach()
    const mirror = createMirror(upstream.url, ALL)
    await mirror.mirror()
    mirror.configure(NEWEST)
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    await expectFresh(mirror, upstream.url, NEWEST)
    await takeBack(mirror, upstream.url)
  })

  it('after verify --delete in between', async () => {
    const { upstream } = await twoReleasesEach()
    const mirror = createMirror(upstream.url, ALL)
    await mirror.mirror()
    mirror.configure(NEWEST)
    await mirror.verify({ delete: true, yes: true })
    expect(await danglingLinks(mirror)).toEqual([])
    await takeBack(mirror, upstream.url)
  })
})

it('a filter edit that is taken back before anything ran costs no request', async () => {
  const { upstream } = await twoReleasesEach()
  const mirror = createMirror(upstream.url, ALL)
  await mirror.mirror()
  mirror.configure(NEWEST)
  mirror.configure(ALL)
  upstream.reset()
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  expect(upstream.asked()).toEqual(['RPC changelog_last_serial'])
})

it('a filter edit is applied from the stored documents, and so is its opposite', async () => {
  const { upstream } = await twoReleasesEach()
  // Files that a page no longer names stay until verify --delete, so they need not be fetched again.
  const kept = (options: string): string => options.replace('removed-projects = delete\n', 'simple-api-version = 1.1\n')
  const mirror = createMirror(upstream.url, kept(ALL))
  await mirror.mirror()
  for (const options of [NEWEST, ALL]) {
    upstream.reset()
    mirror.configure(kept(options))
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(upstream.asked()).toEqual(['RPC changelog_last_serial'])
    expect((await pageNames(mirror, NAMES[0] ?? '')).length).toBe(options === ALL ? 2 : 1)
  }
})
