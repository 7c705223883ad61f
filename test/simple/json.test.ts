import { describe, expect, it } from 'vitest'
import { projectJson, rootJson } from '../../src/simple/json.js'
import { OLD, OPTIONS, file, project } from './support.js'

const page = (...args: Parameters<typeof projectJson>): Record<string, unknown> =>
  JSON.parse(projectJson(...args)) as Record<string, unknown>
const firstFile = (...args: Parameters<typeof projectJson>): Record<string, unknown> =>
  (page(...args)['files'] as Record<string, unknown>[])[0] ?? {}

describe('projectJson', () => {
  it('has the serial as a number', () => {
    expect(page(project({}), OPTIONS)['meta']).toEqual({ 'api-version': '1.4', '_last-serial': 42 })
    expect(page(project({}), OLD)['meta']).toEqual({ 'api-version': '1.1', '_last-serial': '42' })
  })

  it('has the normalized name', () => {
    expect(page(project({}), OPTIONS)['name']).toBe('foo-bar')
  })

  it('has versions in PEP 440 order, and what is none before them', () => {
    const versions = [
      '1.10',
      '2.0',
      '1.9',
      '1.10rc1',
      '1!0.1',
      'zebra',
      '2.0.post1',
      '2.0.dev1',
      '1.0+local',
      '1.0',
      'apple',
      '2024',
    ]
    const releases = Object.fromEntries(versions.map((version) => [version, [file(`foo_bar-${version}.tar.gz`)]]))
    expect(page(project(releases), OPTIONS)['versions']).toEqual([
      'apple',
      'zebra',
      '1.0',
      '1.0+local',
      '1.9',
      '1.10rc1',
      '1.10',
      '2.0.dev1',
      '2.0',
      '2.0.post1',
      '2024',
      '1!0.1',
    ])
    expect(page(project(releases), OLD)['versions']).toEqual([...versions].sort())
  })

  it.each([
    [{ yanked: true, yanked_reason: 'it <b>hurts</b> "a lot"' }, 'it <b>hurts</b> "a lot"', true],
    [{ yanked: true, yanked_reason: null }, true, true],
    [{ yanked: true, yanked_reason: '' }, true, true],
    [{ yanked: false, yanked_reason: 'left over' }, false, false],
    [{ yanked: null }, false, null],
  ])('keeps the reason of a yank: %j', (fields, wanted, old) => {
    const made = project({ '1.0': [file('foo_bar-1.0.tar.gz', fields)] })
    expect(firstFile(made, OPTIONS)['yanked']).toBe(wanted)
    expect(firstFile(made, OLD)['yanked']).toBe(old)
  })

  it.each([
    [{ sha256: 'cd'.repeat(32) }, { sha256: 'cd'.repeat(32) }],
    [{ md5: 'ef'.repeat(16), sha256: 'cd'.repeat(32) }, { sha256: 'cd'.repeat(32) }],
    [false, false],
    // nothing to check it with, so it is not mirrored
    [true, undefined],
    [undefined, undefined],
    [{}, undefined],
  ])('says whether there is core metadata: %j', (given, wanted) => {
    const made = project({ '1.0': [file('foo_bar-1.0.tar.gz', { 'core-metadata': given })] })
    expect(firstFile(made, OPTIONS)['core-metadata']).toEqual(wanted)
    expect(firstFile(made, { ...OPTIONS, coreMetadata: false })['core-metadata']).toBeUndefined()
  })

  it('has what PEP 708, 740 and 792 add, where upstream gives it', () => {
    const names = ['a-1.0.tar.gz', 'b-1.0.tar.gz', 'c-1.0.tar.gz']
    const provenance = new Map([
      ['a-1.0.tar.gz', 'https://index.example/integrity/a'],
      ['b-1.0.tar.gz', null],
    ])
    const made = project(
      { '1.0': names.map((name) => file(name)) },
      {
        provenance,
        projectStatus: { status: 'archived', reason: 'see "other"' },
        alternateLocations: ['https://other.example/simple/foo-bar/'],
      },
    )
    const { files, ...rest } = page(made, OPTIONS)
    expect((files as Record<string, unknown>[]).map((one) => one['provenance'])).toEqual([
      'https://index.example/integrity/a',
      null,
      undefined,
    ])
    expect(rest).toMatchObject({
      'project-status': { status: 'archived', reason: 'see "other"' },
      'alternate-locations': ['https://other.example/simple/foo-bar/'],
    })
    expect(projectJson(made, OLD)).not.toMatch(/provenance|status|alternate/)
    expect(
      page(project({}, { projectStatus: { status: 'active', reason: undefined } }), OPTIONS)['project-status'],
    ).toEqual({ status: 'active' })
    expect(projectJson(project({}, {}), OPTIONS)).not.toMatch(/provenance|status|alternate/)
  })

  it('lists files by name, with links below root_uri or relative', () => {
    const made = project({
      '2.0': [file('foo_bar-2.0.tar.gz')],
      '1.0': [file('foo_bar-1.0.zip'), file('Foo.Bar-1.0.exe')],
    })
    const files = page(made, OPTIONS)['files'] as { filename: string; url: string }[]
    expect(files.map(({ filename }) => filename)).toEqual(['Foo.Bar-1.0.exe', 'foo_bar-1.0.zip', 'foo_bar-2.0.tar.gz'])
    expect(files[0]?.url).toBe('../../packages/aa/bb/Foo.Bar-1.0.exe')
    expect(firstFile(made, { ...OPTIONS, rootUri: 'https://cdn.example/x' })['url']).toBe(
      'https://cdn.example/x/packages/aa/bb/Foo.Bar-1.0.exe',
    )
  })

  it('gives the configured digest, or where upstream has none the one that verifies the file', () => {
    const made = project({ '1.0': [file('foo_bar-1.0.tar.gz')] })
    expect(firstFile(made, { ...OPTIONS, digestName: 'md5' })['hashes']).toEqual({
      md5: '0123456789abcdef0123456789abcdef',
    })
    expect(firstFile(made, { ...OPTIONS, digestName: 'blake2b' })['hashes']).toEqual({ sha256: 'ab'.repeat(32) })
    const weak = project({ '1.0': [file('foo_bar-1.0.tar.gz', { digests: { MD5: 'AB'.repeat(16) } })] })
    expect(firstFile(weak, OPTIONS)['hashes']).toEqual({ md5: 'ab'.repeat(16) })
  })

  it('escapes what came from upstream as Python does', () => {
    const made = project({ '1.0': [file('foo_bar-1.0 "é\u2028.tar.gz', { requires_python: '>=3 \u0007' })] })
    expect(projectJson(made, OPTIONS)).toContain('"filename": "foo_bar-1.0 \\"\\u00e9\\u2028.tar.gz"')
    expect(firstFile(made, OPTIONS)).toMatchObject({
      'requires-python': '>=3 \u0007',
      filename: 'foo_bar-1.0 "é\u2028.tar.gz',
    })
  })

  it('leaves out what an index with pages alone does not tell', () => {
    const made = project({ '1.0': [file('foo_bar-1.0.tar.gz', { size: null, upload_time_iso_8601: undefined })] })
    expect(firstFile(made, OPTIONS)).not.toHaveProperty('size')
    expect(firstFile(made, OPTIONS)).not.toHaveProperty('upload-time')
  })
})

describe('rootJson', () => {
  const serials = new Map([
    ['alpha', 7],
    ['beta', 9],
  ])
  const serialOf = (name: string): number | undefined => serials.get(name)
  it('has the serials of projects and run, where known', () => {
    const text = [...rootJson(['alpha', 'beta', 'gamma'], { serial: 9, serialOf }, OPTIONS)].join('')
    expect(JSON.parse(text)).toEqual({
      meta: { '_last-serial': 9, 'api-version': '1.4' },
      projects: [{ name: 'alpha', '_last-serial': 7 }, { name: 'beta', '_last-serial': 9 }, { name: 'gamma' }],
    })
    expect(text).toMatch(
      /^\{"meta": \{"_last-serial": 9, "api-version": "1.4"\}, "projects": \[\{"name": "alpha", "_last-serial": 7\}, /,
    )
  })

  it('has none of projects in 1.1', () => {
    expect([...rootJson(['alpha'], { serial: 9, serialOf }, OLD)].join('')).toBe(
      '{"meta": {"_last-serial": 9, "api-version": "1.1"}, "projects": [{"name": "alpha"}]}',
    )
    expect([...rootJson([], { serial: 0, serialOf }, OLD)].join('')).toBe(
      '{"meta": {"_last-serial": 0, "api-version": "1.1"}, "projects": []}',
    )
  })
})
