import { describe, expect, it } from 'vitest'
import { documentFromPage } from '../../src/model/from-page.js'
import type { JsonObject } from '../../src/model/project.js'

const made = (page: JsonObject): JsonObject => documentFromPage(page, 'foo').document

describe('documentFromPage', () => {
  it('gives each file the fields of the JSON API', () => {
    const full = {
      filename: 'foo-1.0-py3-none-any.whl',
      url: 'https://files.example/foo-1.0-py3-none-any.whl',
      hashes: { sha256: 'ab' },
      size: 3,
      'requires-python': '>=3.8',
      yanked: 'broken',
      'upload-time': '2024-01-01T00:00:00Z',
      'core-metadata': { sha256: 'cd' },
    }
    expect(made({ files: [full], meta: { '_last-serial': 5 } })).toEqual({
      info: { name: 'foo', version: '1.0' },
      last_serial: 5,
      releases: {
        '1.0': [
          {
            filename: 'foo-1.0-py3-none-any.whl',
            packagetype: 'bdist_wheel',
            url: 'https://files.example/foo-1.0-py3-none-any.whl',
            digests: { sha256: 'ab' },
            size: 3,
            requires_python: '>=3.8',
            yanked: true,
            yanked_reason: 'broken',
            upload_time_iso_8601: '2024-01-01T00:00:00Z',
            'core-metadata': { sha256: 'cd' },
          },
        ],
      },
    })
  })

  it('leaves null or out what a page does not say', () => {
    const sparse = { filename: 'foo-1.0.zip', url: '/x', hashes: {}, 'requires-python': '', 'upload-time': '' }
    expect(made({ files: [sparse] })).toMatchObject({
      last_serial: 0,
      releases: { '1.0': [{ size: null, requires_python: null, yanked: false, yanked_reason: null }] },
    })
    const [file] = Object.values(made({ files: [sparse] })['releases'] as Record<string, JsonObject[]>)[0] ?? []
    expect(Object.keys(file ?? {})).toEqual(expect.not.arrayContaining(['upload_time_iso_8601', 'core-metadata']))
  })

  it.each([
    [true, true, null],
    [false, false, null],
    ['', true, null],
    ['why', true, 'why'],
  ])('yanked %j', (value, yanked, reason) => {
    const file = { filename: 'foo-1.0.zip', yanked: value }
    expect(made({ files: [file] })).toMatchObject({ releases: { '1.0': [{ yanked, yanked_reason: reason }] } })
  })

  it.each(['core-metadata', 'data-dist-info-metadata', 'dist-info-metadata'])('takes core metadata from %s', (key) => {
    const file = { filename: 'foo-1.0.zip', [key]: true }
    expect(made({ files: [file] })).toMatchObject({ releases: { '1.0': [{ 'core-metadata': true }] } })
  })

  it.each([
    [['1.9', '1.10', '2.0rc1'], '1.10'],
    [['1.0a1', '1.0b1'], '1.0b1'],
    [['x', '1.0'], '1.0'],
    [['x'], null],
    [[], null],
  ])('of the versions %j the current one is %j', (versions, current) => {
    expect(made({ files: [], versions })).toMatchObject({ info: { version: current } })
  })

  it('keeps the order of the listed versions, and puts files without a version under unknown', () => {
    const page = { files: [{ filename: 'other.zip' }, { filename: 'foo-10.zip' }, 'x', {}], versions: ['10', '2', 3] }
    const { document, releaseOrder } = documentFromPage(page, 'foo')
    expect(releaseOrder).toEqual(['10', '2', 'unknown'])
    expect(document).toMatchObject({ releases: { '2': [], '10': [{}], unknown: [{ filename: 'other.zip' }] } })
  })

  it('needs a list of files', () => {
    expect(() => made({ files: {} })).toThrow('the page of "foo" has no list of files')
  })
})
