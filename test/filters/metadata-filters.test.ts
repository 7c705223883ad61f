import { describe, expect, it } from 'vitest'
import { InvalidDocumentError } from '../../src/errors.js'
import { regexProjectMetadata, regexReleaseFileMetadata } from '../../src/filters/regex-metadata.js'
import { versionRangeProjectMetadata } from '../../src/filters/version-range.js'
import { releaseFiles } from '../../src/model/project.js'
import { configOf, contextOf, projectOf, projectWith } from './support.js'

type Options = Readonly<Record<string, string>>
type Info = Readonly<Record<string, unknown>>

const regex = (options: Options, info: Info): boolean | undefined =>
  regexProjectMetadata
    .create(contextOf(configOf({ regex_project_metadata: options })))
    ?.keepMetadata(projectWith('a', ['1'], info))

const range = (options: Options, info: Info): boolean | undefined =>
  versionRangeProjectMetadata
    .create(contextOf(configOf({ version_range_project_metadata: options })))
    ?.keepMetadata(projectWith('a', ['1'], info))

describe('regex_project_metadata', () => {
  const both = 'MIT.*\n.*OSI.*'
  it.each<[string, string, unknown, boolean]>([
    ['any', 'info.x', ['MIT', 'other'], true],
    ['any', 'info.x', ['other'], false],
    ['any', 'info.x', 'MIT', true],
    ['all', 'all:info.x', ['MIT', 'an OSI licence'], true],
    ['all', 'all:info.x', ['MIT', 'MIT 2'], false],
    ['all, by one value', 'all:info.x', ['MIT (OSI)'], true],
    ['none', 'none:info.x', ['other'], true],
    ['none', 'none:info.x', ['other', 'MIT'], false],
    ['the last tag counts', 'all:any:info.x', ['MIT'], true],
    ['a missing value', 'info.x', undefined, true],
    ['a missing value', 'all:info.x', null, true],
    ['a missing value', 'none:info.x', undefined, false],
    ['a missing value', 'not-null:info.x', undefined, false],
    ['a missing value', 'not-null:all:info.x', undefined, false],
    ['an empty list', 'info.x', [], true],
    ['an empty list', 'not-null:info.x', [], false],
  ])('%s: %s of %j is %j', (_, key, x, expected) => {
    expect(regex({ [key]: both }, { x })).toBe(expected)
  })

  it('wants all options', () => {
    const options = { 'info.x': 'a', 'info.y': 'b' }
    expect(regex(options, { x: 'a', y: 'b' })).toBe(true)
    expect(regex(options, { x: 'a', y: 'c' })).toBe(false)
    expect(regex({}, {})).toBeUndefined()
  })

  it('without patterns: nothing matches', () => {
    expect([regex({ 'info.x': '' }, { x: 'a' }), regex({ 'none:info.x': '' }, { x: 'a' })]).toEqual([false, true])
  })

  it('cannot match what is not a text', () => {
    expect(() => regex({ 'info.x': 'a' }, { x: 3 })).toThrow(InvalidDocumentError)
  })
})

describe('regex_release_file_metadata', () => {
  it('sees the file, its version and the project', () => {
    const options = { 'release_file.packagetype': 'sdist', release: '1', 'info.name': 'a' }
    const filter = regexReleaseFileMetadata.create(contextOf(configOf({ regex_release_file_metadata: options })))
    const files = [
      { filename: 'a-1.zip', packagetype: 'sdist' },
      { filename: 'a-1.whl', packagetype: 'bdist_wheel' },
    ]
    const project = projectOf({ info: { name: 'a' }, releases: { '1': files, '2': [files[0]] } }, 'a')
    const kept = project.releases.flatMap((release) =>
      release.files.filter((file) => filter?.keepFile(file, release, project.info)),
    )
    expect(kept).toEqual(releaseFiles(project).slice(0, 1))
  })
})

describe('version_range_project_metadata', () => {
  it.each<[string, string, unknown, boolean]>([
    ['one version is enough', '3.11\n3.12', '<3.12', true],
    ['no version', '3.11\n3.12', '>=3.13', false],
    ['a missing value', '3.12', undefined, true],
    ['an empty text', '3.12', '', true],
    ['an empty list', '3.12', [], true],
    ['no versions', '', '>=3', false],
    ['no versions, a list', '', ['>=3'], false],
  ])('%s: %j of %j is %j', (_, versions, x, expected) => {
    expect(range({ 'info.x': versions }, { x })).toBe(expected)
  })

  it('an empty list admits every version, none where there are none', () => {
    expect(range({ 'not-null:info.x': '3.12' }, { x: [] })).toBe(true)
    expect(range({ 'not-null:info.x': '' }, { x: [] })).toBe(false)
  })

  it.each([[undefined], [3], [['>=3']], ['>=3.x.y']])('%j is not a version specifier', (x) => {
    expect(() => range({ 'not-null:info.x': '3.12' }, { x })).toThrow(/info\.x is not a version specifier: /)
  })
})
