import { describe, expect, it } from 'vitest'
import { pageSuffices } from '../../../src/mirror/project/page-suffices.js'
import { projectFromPage } from '../../../src/mirror/project/page-project.js'
import { releaseFiles } from '../../../src/model/project.js'

const JSON_PAGE = { files: [], versions: [] }
const HTML_PAGE = { files: [] }
const BASE = {
  'simple-format': 'ALL',
  root_uri: '',
  'hash-index': 'false',
  keep_index_versions: '0',
  'core-metadata': 'true',
  'release-files': 'true',
  json: 'false',
  digest_name: 'sha256',
  'simple-api-version': '1.1',
  filters: 'f1',
}

/** Whether a page suffices for an edit of one option. */
function suffices(option: keyof typeof BASE, before: string, now: string, page: object = JSON_PAGE): boolean {
  // Where only HTML pages are, only those are wanted.
  const base = page === HTML_PAGE ? { ...BASE, 'simple-format': 'HTML' } : BASE
  return pageSuffices({ before: { ...base, [option]: before }, now: { ...base, [option]: now }, page: { ...page } })
}

describe('pageSuffices', () => {
  it.each([
    ['simple-format', 'HTML', 'ALL', true, false],
    ['simple-format', 'ALL', 'JSON', true, false],
    ['simple-format', 'ALL', 'HTML', true, true],
    ['root_uri', '', 'https://example.org', true, true],
    ['root_uri', 'https://example.org', '', true, true],
    ['hash-index', 'false', 'true', true, true],
    ['hash-index', 'true', 'false', true, true],
    ['keep_index_versions', '0', '3', true, true],
    ['keep_index_versions', '3', '0', true, true],
    ['core-metadata', 'true', 'false', true, true],
    ['core-metadata', 'false', 'true', false, false],
    ['release-files', 'true', 'false', true, true],
    ['release-files', 'false', 'true', false, false],
    ['json', 'true', 'false', true, true],
    ['json', 'false', 'true', false, false],
    ['digest_name', 'sha256', 'md5', false, false],
    ['simple-api-version', '1.1', '1.4', false, false],
    ['filters', 'f1', 'f2', false, false],
  ] as const)('%s from %j to %j: JSON %s, HTML %s', (option, before, now, byJson, byHtml) => {
    expect(suffices(option, before, now, JSON_PAGE)).toBe(byJson)
    expect(suffices(option, before, now, HTML_PAGE)).toBe(byHtml)
  })

  it('needs every edited option to be known', () => {
    const now = { ...BASE, root_uri: '/x' }
    expect(pageSuffices({ before: BASE, now, page: JSON_PAGE })).toBe(true)
    expect(pageSuffices({ before: BASE, now: { ...now, filters: 'f2' }, page: JSON_PAGE })).toBe(false)
    expect(pageSuffices({ before: BASE, now: BASE, page: HTML_PAGE })).toBe(false)
  })

  it('does not go by an option that one of both does not have', () => {
    expect(pageSuffices({ before: BASE, now: { ...BASE, later: 'x' }, page: JSON_PAGE })).toBe(false)
    expect(pageSuffices({ before: { ...BASE, earlier: 'x' }, now: BASE, page: JSON_PAGE })).toBe(false)
  })
})

describe('projectFromPage', () => {
  const hash = '0'.repeat(64)
  const file = (url: string): object => ({
    filename: url.slice(url.lastIndexOf('/') + 1),
    url,
    hashes: { sha256: hash },
    size: 3,
  })

  it('has the files below the place where the mirror has them, whatever the page links to', () => {
    const page = {
      meta: { '_last-serial': 12 },
      versions: ['1.0'],
      files: [
        file('../../packages/aa/abc-1.0.tar.gz'),
        file('https://old.example.org/pypi/packages/aa/abc-1.0%2Blocal%20x.tar.gz'),
      ],
    }
    const rootUri = 'https://old.example.org/pypi'
    const project = projectFromPage(page, { name: 'abc', rawName: 'A.B.C' }, { rootUri })
    expect(project).toMatchObject({ name: 'abc', rawName: 'A.B.C', lastSerial: 12 })
    expect(releaseFiles(project).map(({ path, size }) => [path, size])).toEqual([
      ['/packages/aa/abc-1.0.tar.gz', 3],
      ['/packages/aa/abc-1.0+local%20x.tar.gz', 3],
    ])
  })
})
