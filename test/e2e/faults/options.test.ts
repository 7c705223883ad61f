import { describe, expect, it } from 'vitest'
import { dryRunCommand } from '../../../src/commands/dry-run.js'
import { createPackageIndex } from '../../helpers/index/index.js'
import { createMirror as createPlain, publish, serveIndex } from '../support.js'
import { createMirror, danglingLinks, expectFresh } from './support.js'

interface Edit {
  readonly before: string
  readonly after: string
  /** what the edit and the way back may cost in requests beside the question what changed; none unless given */
  readonly asks?: RegExp
  readonly asksBack?: RegExp
  /** whether the pages of quiet projects change by it */
  readonly documents: boolean
}

const FILES = /^GET \/packages\//
const METADATA = /^GET \/packages\/.*\.metadata$/
const PAGES = /^GET \/simple\/[^/]+\/$/
const PROJECTS = /^GET \/(?:simple|pypi)\/[^/]+\//

/** Every option that shapes pages or files, with documents stored and without. */
const EDITS: readonly Edit[] = [
  { before: '', after: 'simple-format = JSON\n', documents: true },
  { before: '', after: 'simple-format = HTML\n', documents: true, asksBack: PAGES },
  { before: '', after: 'hash-index = true\n', documents: true },
  { before: '', after: 'keep_index_versions = 2\n', documents: true },
  { before: '', after: 'release-files = false\nroot_uri = https://files.test\n', documents: true, asksBack: FILES },
  { before: '', after: 'digest_name = md5\n', documents: true },
  { before: '', after: 'core-metadata = false\n', documents: true, asksBack: METADATA },
  { before: '', after: 'simple-api-version = 1.1\n', documents: true, asksBack: PAGES },
  { before: '', after: 'simple-format = JSON\n', documents: false },
  { before: '', after: 'simple-format = HTML\n', documents: false, asksBack: PROJECTS },
  { before: '', after: 'hash-index = true\n', documents: false },
  { before: '', after: 'keep_index_versions = 2\n', documents: false },
  { before: '', after: 'release-files = false\nroot_uri = https://files.test\n', documents: false, asksBack: /./ },
  { before: '', after: 'core-metadata = false\n', documents: false, asksBack: /./ },
]

async function someProjects() {
  const index = createPackageIndex()
  for (const name of ['alpha', 'beta', 'Gamma', 'x']) publish(index, { name, version: '1.0' }, ['wheel', 'sdist'])
  index.yank('alpha', '1.0', 'a reason')
  const upstream = await serveIndex(index)
  return { index, upstream }
}

describe('an edit of an option takes effect in the next run for projects that upstream did not change', () => {
  it.each(EDITS)('$after (documents: $documents)', async ({ before, after, asks, asksBack, documents }) => {
    const base = documents ? 'json = true\n' : ''
    const { upstream } = await someProjects()
    const mirror = createMirror(upstream.url, base + before)
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    const steps = [
      { options: base + after, may: asks },
      { options: base + before, may: asksBack },
    ]
    for (const { options, may } of steps) {
      mirror.configure(options)
      upstream.reset()
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      const [first, ...rest] = upstream
        .asked()
        .toSorted((a, b) => (a.startsWith('RPC') ? -1 : b.startsWith('RPC') ? 1 : 0))
      expect(first).toBe('RPC changelog_last_serial')
      expect(rest.filter((request) => may?.test(request) !== true)).toEqual([])
      await expectSameBut(mirror, upstream.url, options)
      // Then it is quiet again.
      upstream.reset()
      expect(await mirror.mirror()).toMatchObject({ code: 0 })
      expect(upstream.asked()).toEqual(['RPC changelog_last_serial'])
    }
  })

  /** Files that are no longer wanted stay until verify --delete; times in the names of kept pages differ. */
  async function expectSameBut(mirror: ReturnType<typeof createMirror>, url: string, options: string): Promise<void> {
    if (options.includes('keep_index_versions')) {
      const keys = await mirror.keys()
      expect(keys.filter((key) => /alpha\/versions\/index_\d+_.*Z\.html$/.test(key))).toHaveLength(1)
      expect(await danglingLinks(mirror)).toEqual([])
      return
    }
    await mirror.verify({ delete: true, yes: true })
    // 8.0's root index has the serial that the run began with.
    if (options.includes('1.1')) await mirror.mirror({ forceCheck: true })
    await expectFresh(mirror, url, options)
  }

  it.each([
    ['json = false\n', 'json = true\n', /^GET \/(?:pypi\/[^/]+\/json|simple\/[^/]+\/)$/],
    ['json = true\n', 'json = false\n', /^$/],
  ])('%s -> %s', async (before, after, may) => {
    const { upstream } = await someProjects()
    const mirror = createMirror(upstream.url, before)
    await mirror.mirror()
    mirror.configure(after)
    upstream.reset()
    expect(await mirror.mirror()).toMatchObject({ code: 0 })
    expect(upstream.asked().filter((request) => !may.test(request))).toEqual(['RPC changelog_last_serial'])
    await expectFresh(mirror, upstream.url, after)
  })
})

it('an option edit that is taken back before a run costs no request', async () => {
  const { upstream } = await someProjects()
  const mirror = createMirror(upstream.url)
  await mirror.mirror()
  mirror.configure('simple-format = HTML\n')
  mirror.configure('')
  upstream.reset()
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  expect(upstream.asked()).toEqual(['RPC changelog_last_serial'])
})

it('an option edit that is taken back after a run that was stopped leaves one shape', async () => {
  const { index, upstream } = await someProjects()
  let stops = false
  const proxied = await serveIndex(index, {
    onRequest: ({ path }) => {
      if (stops && path.includes('/beta/')) mirror.stop()
      return 'pass'
    },
  })
  await upstream.close()
  const mirror = createMirror(proxied.url, 'max-requests = 1\n')
  await mirror.mirror()
  index.yank('beta', '1.0')
  mirror.configure('max-requests = 1\nsimple-format = JSON\n')
  stops = true
  expect(await mirror.mirror()).toMatchObject({ code: 143 })
  stops = false
  expect(await mirror.read('web/simple/alpha/index.html')).toBeUndefined()
  mirror.configure('max-requests = 1\n')
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  await expectFresh(mirror, proxied.url, 'max-requests = 1\n')
})

it('a format that the configuration no longer has goes, with the root index of that format', async () => {
  const { index, upstream } = await someProjects()
  const mirror = createMirror(upstream.url)
  await mirror.mirror()
  mirror.configure('simple-format = JSON\n')
  index.yank('beta', '1.0')
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  expect((await mirror.keys()).filter((key) => /html$/.test(key))).toEqual([])
  expect(await mirror.read('web/simple/beta/index.v1_json')).toContain('"yanked": true')
})

it('verify removes pages of another format and place that an earlier version left', async () => {
  const { upstream } = await someProjects()
  const mirror = createMirror(upstream.url, 'json = true\n')
  await mirror.mirror()
  const html = (await mirror.read('web/simple/alpha/index.html')) ?? ''
  mirror.configure('json = true\nsimple-format = JSON\n')
  await mirror.mirror()
  await mirror.write('web/simple/alpha/index.html', html)
  await mirror.write('web/simple/a/alpha/index.html', html)
  expect(await mirror.verify()).toMatchObject({ code: 0 })
  await expectFresh(mirror, upstream.url, 'json = true\nsimple-format = JSON\n')
})

it('hash-index moves every page and leaves none in the old places', async () => {
  const { index, upstream } = await someProjects()
  const mirror = createMirror(upstream.url)
  await mirror.mirror()
  mirror.configure('hash-index = true\n')
  index.deleteProject('beta')
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  const pages = (await mirror.keys()).filter((key) => key.endsWith('index.html'))
  expect(pages).toEqual([
    'web/simple/a/alpha/index.html',
    'web/simple/g/gamma/index.html',
    'web/simple/index.html',
    'web/simple/x/x/index.html',
  ])
  expect(await danglingLinks(mirror)).toEqual([])
  mirror.configure('')
  expect(await mirror.mirror()).toMatchObject({ code: 0 })
  await mirror.verify({ delete: true })
  await expectFresh(mirror, upstream.url, '')
})

it('a dry run says how many projects an option edit concerns, and why', async () => {
  const { upstream } = await someProjects()
  const mirror = createPlain(upstream.url)
  await mirror.run()
  mirror.edit('allow-non-https = true', 'allow-non-https = true\nsimple-format = JSON')
  const printed: string[] = []
  const setting = { ...mirror.setting, print: (text: string) => void printed.push(text) }
  expect(
    await dryRunCommand(setting, {
      forceCheck: false,
      allowRemovals: false,
      retryFailed: false,
      json: true,
      explain: [],
      quick: false,
    }),
  ).toBe(0)
  expect(printed.join('\n')).toMatch(/"options": ?4/)
})
