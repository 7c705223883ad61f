import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { parseProject } from '../../../src/model/parse.js'
import type { Project } from '../../../src/model/project.js'
import {
  removeOtherForms,
  removePages,
  renderPages,
  writePages,
  writeRootIndex,
} from '../../../src/mirror/project/pages.js'
import { engine } from '../../helpers/engine.js'
import type { Engine } from '../../helpers/engine.js'

const PROJECT: Project = parseProject(
  {
    info: { name: 'abc' },
    last_serial: 7,
    releases: {
      '1.0': [
        {
          filename: 'abc-1.0.tar.gz',
          url: 'https://files.example.org/packages/aa/abc-1.0.tar.gz',
          digests: { sha256: '0'.repeat(64) },
          size: 5,
        },
      ],
    },
  },
  'abc',
).project
const SET = { project: PROJECT, serial: 7, reshaped: false }

const keysOf = (run: Engine): string[] => run.keys(/./).map((key) => key.replace('web/simple/', ''))

async function withFiles(mirror: string, ...keys: string[]): Promise<Engine> {
  const run = await engine({ mirror })
  for (const key of keys) await run.storage.write(key, 'old')
  return run
}

describe('writePages', () => {
  it.each([
    ['ALL', ['index.html', 'index.v1_html', 'index.v1_json']],
    ['HTML', ['index.html', 'index.v1_html']],
    ['JSON', ['index.v1_json']],
  ])('with simple-format = %s writes that format', async (format, pages) => {
    const run = await engine({ mirror: `simple-format = ${format}` })
    const keys = await writePages(run.storage, run.config, SET)
    expect(keys).toEqual(pages.map((page) => `web/simple/abc/${page}`))
    expect(run.keys()).toEqual(keys)
    for (const [page, text] of renderPages(PROJECT, run.config)) expect(run.text(`web/simple/abc/${page}`)).toBe(text)
  })

  it('replaces the whole set where the pages may be of another shape', async () => {
    const old = ['web/simple/abc/index.html', 'web/simple/a/abc/index.html', 'web/json/abc', 'web/pypi/abc/json']
    const run = await withFiles(
      'simple-format = JSON',
      ...old,
      'web/simple/abc/other.txt',
      'web/simple/a/axe/index.html',
    )
    await writePages(run.storage, run.config, SET)
    expect(run.keys()).toHaveLength(7)
    await writePages(run.storage, run.config, { ...SET, reshaped: true })
    expect(keysOf(run)).toEqual(['a/axe/index.html', 'abc/index.v1_json', 'abc/other.txt'])
  })

  it('keeps documents where json is on', async () => {
    const run = await withFiles('json = true', 'web/json/abc')
    await removeOtherForms(run.storage, run.config, 'abc')
    expect(run.keys()).toEqual(['web/json/abc'])
  })

  it('with keep_index_versions keeps so many versions, and links to the newest', async () => {
    const run = await engine({ mirror: 'keep_index_versions = 2\nsimple-format = JSON' })
    for (const serial of [7, 3, 9]) {
      // The names of two versions of one millisecond are in no order.
      await delay(5)
      const keys = await writePages(run.storage, run.config, { ...SET, serial })
      expect(keys).toEqual([expect.stringMatching(new RegExp(`versions/index_${serial}_.*Z\\.v1_json$`))])
      expect(run.text('web/simple/abc/index.v1_json')).toBe(run.text(keys[0] ?? ''))
    }
    expect(run.keys(/versions/).map((key) => /index_(\d+)_/.exec(key)?.[1])).toEqual(['3', '9'])
  })

  it('does not prune the version that it has just linked, although a clock was ahead once', async () => {
    const ahead = 'web/simple/abc/versions/index_5_2099-01-01T000000.000000Z.v1_json'
    const run = await withFiles(
      'keep_index_versions = 1\nsimple-format = JSON',
      ahead,
      'web/simple/abc/versions/readme',
    )
    const [key = ''] = await writePages(run.storage, run.config, SET)
    expect(run.keys(/versions/)).toEqual([key, 'web/simple/abc/versions/readme'].sort())
    expect(run.text(key)).toBe(run.text('web/simple/abc/index.v1_json'))
  })

  it('prunes versions of each format apart, by their time and not by their serial', async () => {
    const old = (time: string, serial: number, end: string): string =>
      `web/simple/abc/versions/index_${serial}_2020-01-0${time}T000000.000000Z.${end}`
    const run = await withFiles(
      'keep_index_versions = 2',
      old('1', 9, 'html'),
      old('2', 1, 'html'),
      old('1', 1, 'v1_html'),
    )
    await writePages(run.storage, run.config, SET)
    const kept = run.keys(/2020/)
    expect(kept).toEqual([old('1', 1, 'v1_html'), old('2', 1, 'html')])
  })
})

describe('removePages', () => {
  it('removes pages and versions, and nothing else', async () => {
    const base = 'web/simple/a'
    const run = await withFiles(
      '',
      `${base}/index.html`,
      `${base}/index.v1_html`,
      `${base}/index.v1_json`,
      `${base}/versions/index_1_2020-01-01T000000.000000Z.html`,
      `${base}/versions/notes.html`,
      `${base}/abc/index.html`,
    )
    await removePages(run.storage, base)
    expect(run.keys()).toEqual([`${base}/abc/index.html`, `${base}/versions/notes.html`])
  })
})

describe('writeRootIndex', () => {
  const root = { names: ['abc', 'b'], serial: 9, serialOf: (name: string) => (name === 'b' ? 8 : undefined) }

  it.each([
    ['ALL', ['index.html', 'index.v1_html', 'index.v1_json']],
    ['HTML', ['index.html', 'index.v1_html']],
    ['JSON', ['index.v1_json']],
  ])('with simple-format = %s writes that format and removes the other', async (format, pages) => {
    const run = await withFiles(
      `simple-format = ${format}`,
      'web/simple/index.html',
      'web/simple/index.v1_html',
      'web/simple/index.v1_json',
    )
    const keys = await writeRootIndex(run.storage, run.config, root)
    expect(keys).toEqual(pages.map((page) => `web/simple/${page}`))
    expect(run.keys()).toEqual(keys)
    for (const key of keys) expect(run.text(key)).toContain('abc')
  })

  it('gives serials of projects with a newer API version', async () => {
    const run = await engine({ mirror: 'simple-api-version = 1.4' })
    await writeRootIndex(run.storage, run.config, root)
    const { meta, projects } = JSON.parse(run.text('web/simple/index.v1_json') ?? '') as Record<string, unknown>
    expect(meta).toMatchObject({ '_last-serial': 9 })
    expect(projects).toEqual([{ name: 'abc' }, { '_last-serial': 8, name: 'b' }])
  })
})
