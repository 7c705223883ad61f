import { describe, expect, it } from 'vitest'
import { sizeProjectMetadata, versionsCountProjectMetadata } from '../../src/filters/project-metadata.js'
import type { MetadataFilter } from '../../src/filters/types.js'
import { configOf, contextOf, projectOf, projectWith } from './support.js'

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>

const size = (options: Sections): MetadataFilter | undefined => sizeProjectMetadata.create(contextOf(configOf(options)))
const count = (options: Sections): MetadataFilter | undefined =>
  versionsCountProjectMetadata.create(contextOf(configOf(options)))

describe('size_project_metadata', () => {
  const files = [
    { filename: 'a-1.zip', size: 600 },
    { filename: 'a-1.tar.gz', size: 424 },
  ]
  const kilobyte = projectOf({ info: { name: 'a' }, releases: { 1: files } }, 'a')

  it('drops projects whose files are larger in sum', () => {
    expect(size({ size_project_metadata: { max_package_size: '1K' } })?.keepMetadata(kilobyte)).toBe(true)
    expect(size({ size_project_metadata: { max_package_size: '1023' } })?.keepMetadata(kilobyte)).toBe(false)
  })

  it('keeps projects on the allowlist', () => {
    const options = { size_project_metadata: { max_package_size: '1' }, allowlist: { packages: 'A' } }
    expect(size(options)?.keepMetadata(kilobyte)).toBe(true)
  })

  it.each(['0', '-1', 'big'])('does nothing with %s', (text) => {
    expect(size({ size_project_metadata: { max_package_size: text } })).toBeUndefined()
  })

  it('cannot decide about a file without a size', () => {
    const unknown = projectOf({ info: { name: 'a' }, releases: { 1: [{ filename: 'a-1.zip' }] } }, 'a')
    const filter = size({ size_project_metadata: { max_package_size: '1' } })
    expect(() => filter?.keepMetadata(unknown)).toThrow('a-1.zip has no size')
  })
})

describe('versions_count_project_metadata', () => {
  const kept = (
    options: Readonly<Record<string, string>>,
    allowlist: Readonly<Record<string, string>> = {},
  ): number[] => {
    const filter = count({ versions_count_project_metadata: options, allowlist })
    return [1, 2, 3, 4].filter((n) =>
      filter?.keepMetadata(
        projectWith(
          'a',
          Array.from({ length: n }, (_, i) => `${i}`),
        ),
      ),
    )
  }

  it('drops projects with fewer or more versions', () => {
    expect(kept({ min_versions: '2' })).toEqual([2, 3, 4])
    expect(kept({ max_versions: '3' })).toEqual([1, 2, 3])
    expect(kept({ min_versions: '2', max_versions: '3' })).toEqual([2, 3])
    expect(kept({ min_versions: '2', max_versions: '2' })).toEqual([2])
    expect(kept({ min_versions: '5', max_versions: '0' })).toEqual([])
    expect(kept({ min_versions: '5' }, { packages: 'a' })).toEqual([1, 2, 3, 4])
  })

  it.each([
    {},
    { min_versions: '0', max_versions: '0' },
    { min_versions: '3', max_versions: '2' },
    { min_versions: 'x' },
  ])('does nothing with %j', (options) => {
    expect(count({ versions_count_project_metadata: options })).toBeUndefined()
  })

  it('says what it does', () => {
    const summary = (options: Readonly<Record<string, string>>): string | undefined =>
      count({ versions_count_project_metadata: options })?.summary
    expect(summary({ min_versions: '2' })).toContain('with less than 2 versions')
    expect(summary({ min_versions: '2', max_versions: '3' })).toContain('with less than 2 or more than 3 versions')
  })
})
