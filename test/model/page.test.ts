import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.js'
import { parseDocument } from '../../src/model/document.js'
import { isQuarantined, linkedPath, pageFields, pageKeys, withPage } from '../../src/model/page.js'
import type { IndexPage } from '../../src/model/page.js'
import { releaseFiles } from '../../src/model/project.js'
import type { JsonObject, Project } from '../../src/model/project.js'

const SHA256 = 'ab'.repeat(32)
const PLACE = `/packages/12/34/${'5'.repeat(60)}/foo-1.0.zip`
const OLD_PLACE = '/packages/source/p/packages/packages-1.0.tar.gz'

describe('linkedPath', () => {
  it.each([
    ['relative', `../..${PLACE}`, '', PLACE],
    ['relative, from below a first letter', `../../..${PLACE}`, '', PLACE],
    ['relative, of a project named packages', `../..${OLD_PLACE}`, '', OLD_PLACE],
    ['relative, with a digest further down', `../../packages/x${PLACE}`, '', `/packages/x${PLACE}`],
    ['relative, though there is a root_uri now', `../..${PLACE}`, 'https://files.example', PLACE],
    ['resolved from HTML', `https://mirror.invalid${PLACE}`, '', PLACE],
    ['resolved from HTML, of a project named packages', `https://mirror.invalid${OLD_PLACE}`, '', OLD_PLACE],
    ['below root_uri', `https://files.example${PLACE}`, 'https://files.example', PLACE],
    ['below a root_uri with a slash at its end', `https://files.example/${PLACE}`, 'https://files.example/', PLACE],
    ['below a path as root_uri', `/files${PLACE}`, '/files', PLACE],
    ['below a path, resolved from HTML', `https://mirror.invalid/files${PLACE}`, '/files', PLACE],
    ['below a root_uri with /packages/ in it', `https://h/packages/x${OLD_PLACE}`, 'https://h/packages/x', OLD_PLACE],
    ['the same as a path', `/packages/x${OLD_PLACE}`, '/packages/x', OLD_PLACE],
    ['the same as a path, from HTML', `https://mirror.invalid/packages/x${OLD_PLACE}`, '/packages/x', OLD_PLACE],
    ['below a root_uri that a browser writes otherwise', `https://h/a%20b${PLACE}`, 'https://H/a b', PLACE],
    ['below an earlier root_uri', `https://old.example${OLD_PLACE}`, '', OLD_PLACE],
    ['below an earlier root_uri with /packages/ in it', `https://old.example/packages/x${PLACE}`, 'https://new', PLACE],
    ['below an earlier path with /packages/ in it', `/packages/x${PLACE}`, '', PLACE],
    ['elsewhere', 'https://elsewhere.example/foo-1.0.zip', '', 'https://elsewhere.example/foo-1.0.zip'],
  ])('%s', (_, url, rootUri, path) => {
    expect(linkedPath(url, rootUri)).toBe(path)
  })
})

describe('pageKeys', () => {
  it('are the keys of the files, and of core metadata where the page names it', () => {
    const files = [
      { url: `../..${PLACE}`, 'core-metadata': { sha256: SHA256 } },
      { url: '../../packages/a', 'core-metadata': true },
      { url: '../../packages/b', 'core-metadata': false },
      { url: '../../packages/c' },
      { url: '../../packages/../etc' },
      { url: 'https://elsewhere.example/d' },
      { filename: 'without a link' },
      'no object',
    ]
    expect(pageKeys({ files }, '')).toEqual([
      `web${PLACE}`,
      `web${PLACE}.metadata`,
      'web/packages/a',
      'web/packages/a.metadata',
      'web/packages/b',
      'web/packages/c',
    ])
    expect(pageKeys({}, '')).toEqual([])
  })

  it('leave root_uri out, whatever it holds', () => {
    expect(pageKeys({ files: [{ url: `https://h/packages/x${OLD_PLACE}` }] }, 'https://h/packages/x')).toEqual([
      `web${OLD_PLACE}`,
    ])
  })
})

describe('pageFields', () => {
  it('are what only a page says', () => {
    const page = {
      'project-status': { status: 'archived', reason: 'see other' },
      'alternate-locations': ['https://a.example', 'ftp://b', 3],
      files: [
        { filename: 'a', provenance: 'https://p.example' },
        { filename: 'b', provenance: null },
        { filename: 'c', provenance: 'javascript:x' },
        { filename: 'd' },
        { provenance: null },
      ],
    }
    expect(pageFields(page)).toEqual({
      projectStatus: { status: 'archived', reason: 'see other' },
      alternateLocations: ['https://a.example'],
      provenance: new Map([
        ['a', 'https://p.example'],
        ['b', null],
      ]),
    })
    expect(pageFields({})).toEqual({ projectStatus: undefined, alternateLocations: [], provenance: new Map() })
  })

  it.each([
    ['active', { status: 'active', reason: undefined }],
    [
      { status: 'active', reason: 3 },
      { status: 'active', reason: undefined },
    ],
    [{ reason: 'x' }, undefined],
    [3, undefined],
  ])('the status %j is %j', (value, expected) => {
    expect(pageFields({ 'project-status': value }).projectStatus).toEqual(expected)
  })

  it('quarantine is told by the status alone', () => {
    expect(isQuarantined({ 'project-status': { status: 'quarantined' } })).toBe(true)
    expect(isQuarantined({ 'project-status': { status: 'archived' } })).toBe(false)
    expect(isQuarantined({})).toBe(false)
  })
})

const fileOf = (filename: string): JsonObject => ({
  filename,
  url: `https://files.example/packages/aa/${filename}`,
  digests: { sha256: SHA256 },
})
const pageFile = (filename: string, fields: JsonObject = {}): JsonObject => ({
  filename,
  url: `https://files.example/packages/aa/${filename}`,
  hashes: { sha256: SHA256 },
  ...fields,
})

function documentOf(releases: unknown): JsonObject {
  return { info: { name: 'foo', license: 'MIT' }, last_serial: 7, ...(releases === undefined ? {} : { releases }) }
}

function parsed(releases: unknown): Project {
  const json = documentOf(releases)
  const document = parseDocument(json, JSON.stringify(json), 'foo')
  if (document.kind !== 'complete') throw new Error(document.kind)
  return document.project
}

const page = (files: readonly JsonObject[], fields: Partial<IndexPage> = {}): IndexPage => ({
  json: { files, meta: { '_last-serial': 7 } },
  serial: 7,
  ...fields,
})

function names(project: Project | 'gone'): string[] {
  return project === 'gone' ? ['gone'] : releaseFiles(project).map(({ filename }) => filename)
}

function joined(project: Project, with_: IndexPage): Project | 'gone' {
  const whole = withPage({ project }, with_)
  return whole === 'gone' ? whole : whole.project
}

describe('withPage', () => {
  const project = parsed({ '1.0': [fileOf('foo-1.0.zip')], '2.0': [fileOf('foo-2.0.zip')] })

  it('leaves the files that the page has not, and takes their addresses', () => {
    const near = 'https://near.example/packages/aa/foo-2.0.zip'
    const whole = joined(project, page([pageFile('foo-2.0.zip', { url: near })]))
    expect(names(whole)).toEqual(['foo-2.0.zip'])
    expect(whole === 'gone' ? [] : releaseFiles(whole).map(({ url, path }) => [url, path])).toEqual([
      [near, '/packages/aa/foo-2.0.zip'],
    ])
    expect(names(joined(project, page([])))).toEqual([])
  })

  it('keeps the addresses of the document where the page has none for the web', () => {
    const whole = joined(project, page([pageFile('foo-1.0.zip', { url: 'foo-1.0.zip' })]))
    expect(whole === 'gone' ? [] : releaseFiles(whole).map(({ url }) => url)).toEqual([
      'https://files.example/packages/aa/foo-1.0.zip',
    ])
  })

  it('keeps files that a page without a serial has not: it may be older', () => {
    expect(names(joined(project, page([pageFile('foo-1.0.zip')], { serial: undefined })))).toEqual([
      'foo-1.0.zip',
      'foo-2.0.zip',
    ])
  })

  it('a project in quarantine is gone', () => {
    const json = { files: [pageFile('foo-1.0.zip')], 'project-status': { status: 'quarantined' } }
    expect(joined(project, { json, serial: 7 })).toBe('gone')
  })

  it('an HTML page without a file is not believed', () => {
    expect(() => joined(project, page([], { html: true }))).toThrow(UpstreamError)
    expect(names(joined(parsed({ '1.0': [] }), page([], { html: true })))).toEqual([])
  })

  it('a page lists the files where the document lists none', () => {
    const empty = parsed({})
    const refusing = withPage(
      { project: empty },
      page([pageFile('foo-1.0.zip'), pageFile('foo-2.0.zip', { hashes: {} })]),
    )
    expect(refusing).toMatchObject({ refused: [expect.stringContaining('no digest')] })
    expect(names(refusing === 'gone' ? refusing : refusing.project)).toEqual(['foo-1.0.zip'])
    expect(refusing === 'gone' ? {} : refusing.project.info['license']).toBe('MIT')
    expect(names(joined(empty, page([])))).toEqual([])
  })
})
