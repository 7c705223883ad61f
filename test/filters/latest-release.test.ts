import { expect, test } from 'vitest'
import { latestRelease } from '../../src/filters/latest-release.js'
import type { Project } from '../../src/model/project.js'
import { configOf, contextOf, projectOf, projectWith } from './support.js'

interface Made {
  readonly warnings: readonly string[]
  /** versions that are kept; undefined where there is no filter */
  kept(project: Project): string[] | undefined
}

function latest(options: Readonly<Record<string, string>>): Made {
  const warnings: string[] = []
  const add = (message: string): void => void warnings.push(message)
  const context = { ...contextOf(configOf({ latest_release: options })), warn: add, warnUnused: add }
  const filter = latestRelease.create(context)
  return {
    warnings,
    kept: (project) =>
      filter && project.releases.filter((r) => filter.keepRelease(r, project)).map(({ version }) => version),
  }
}

test('keeps the newest by version', () => {
  const project = projectWith('a', ['1.9', '1.10', '1.10.0', '2.0a1'])
  expect(latest({ keep: '2' }).kept(project)).toEqual(['1.10.0', '2.0a1'])
  expect(latest({ keep: '4' }).kept(project)).toEqual(['1.9', '1.10', '1.10.0', '2.0a1'])
  expect(latest({ keep: '5' }).kept(project)).toEqual(['1.9', '1.10', '1.10.0', '2.0a1'])
})

test('keeps the newest by the time of the first file', () => {
  const at = (time: string): object[] => [{ filename: `a-${time}.zip`, upload_time_iso_8601: time }]
  const releases = {
    '1.0': at('2024-03-01T00:00:00Z'),
    '2.0': at('2024-01-01T00:00:00Z'),
    '3.0': at('2024-02-01T00:00:00Z'),
  }
  const project = projectOf({ info: { name: 'a' }, releases }, 'a')
  expect(latest({ keep: '2', sort_by: 'time' }).kept(project)).toEqual(['1.0', '3.0'])
  expect(() => latest({ keep: '1', sort_by: 'time' }).kept(projectWith('a', ['1', '2']))).toThrow(/no upload time/)
})

test('keeps the current version in place of the oldest', () => {
  const project = projectWith('a', ['1.0', '2.0', '3.0'], { version: '1.0' })
  expect(latest({ keep: '2' }).kept(project)).toEqual(['1.0', '3.0'])
  expect(latest({ keep: '1' }).kept(project)).toEqual(['1.0'])
  expect(latest({ keep: '3' }).kept(project)).toEqual(['1.0', '2.0', '3.0'])
})

test('a current version that is missing takes no place', () => {
  expect(latest({ keep: '2' }).kept(projectWith('a', ['1.0', '2.0', '3.0'], { version: '4.0' }))).toEqual([
    '2.0',
    '3.0',
  ])
})

test('does nothing without a number, and says so', () => {
  expect(latest({})).toMatchObject({ warnings: [expect.stringContaining('keep is not set')] })
  expect(latest({}).kept(projectWith('a', ['1']))).toBeUndefined()
  expect(latest({ keep: '0' }).kept(projectWith('a', ['1']))).toBeUndefined()
  expect(latest({ keep: '0' }).warnings).toEqual([])
  expect(latest({ keep: 'x' }).warnings).toEqual([expect.stringContaining('must be a whole number')])
  expect(latest({ keep: 'x' }).kept(projectWith('a', ['1']))).toBeUndefined()
})

test('an order that is not known is that of versions, with a warning', () => {
  const made = latest({ keep: '1', sort_by: 'size' })
  expect(made.warnings).toEqual([expect.stringContaining('must be version or time; version is taken')])
  expect(made.kept(projectWith('a', ['1.9', '1.10']))).toEqual(['1.10'])
  expect(latest({ keep: '-1' }).warnings).toEqual([expect.stringContaining('keep = -1 drops')])
})

test('its settings follow what decides', () => {
  const settings = (options: Readonly<Record<string, string>>): unknown =>
    latestRelease.create(contextOf(configOf({ latest_release: options })))?.settings
  expect(settings({ keep: '1' })).toEqual(settings({ keep: '01', sort_by: 'version' }))
  expect(settings({ keep: '1' })).not.toEqual(settings({ keep: '2' }))
  expect(settings({ keep: '1' })).not.toEqual(settings({ keep: '1', sort_by: 'time' }))
})
