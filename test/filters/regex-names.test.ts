import { expect, test } from 'vitest'
import { regexProject, regexRelease } from '../../src/filters/regex-names.js'
import { configOf, contextOf, projectWith } from './support.js'

test('regex_project drops a name that begins with a match of any pattern', () => {
  const filter = regexProject.create(contextOf(configOf({ filter_regex: { packages: 'evil\n.+-nightly$' } })))
  const kept = ['evil-x', 'not-evil', 'a-nightly', 'a-nightly-b'].filter((name) => filter?.keepProject(name))
  expect(kept).toEqual(['not-evil', 'a-nightly-b'])
  expect(filter?.settings).toEqual(['evil', '.+-nightly$'])
})

test('regex_release drops a version that begins with a match of any pattern', () => {
  const filter = regexRelease.create(contextOf(configOf({ filter_regex: { releases: '.+rc1$\n.+rc2$' } })))
  const project = projectWith('a', ['1.0', '1.0rc1', '1.0rc2', '1.0rc2.post1'])
  const kept = project.releases.filter((release) => filter?.keepRelease(release, project))
  expect(kept.map(({ version }) => version)).toEqual(['1.0', '1.0rc2.post1'])
})

test('without patterns there is no filter, and a warning', () => {
  const warnings: string[] = []
  const context = { ...contextOf(configOf({})), warnUnused: (message: string) => void warnings.push(message) }
  expect([regexProject.create(context), regexRelease.create(context)]).toEqual([undefined, undefined])
  expect(warnings).toEqual([
    expect.stringContaining('[filter_regex] packages is empty'),
    expect.stringContaining('[filter_regex] releases is empty'),
  ])
})

test('a pattern that can never match is told, with its place', () => {
  const warnings: string[] = []
  const told = (section: Record<string, string>): string[] => {
    warnings.length = 0
    const context = {
      ...contextOf(configOf({ filter_regex: section })),
      warn: (line: string) => void warnings.push(line),
    }
    regexProject.create(context)
    regexRelease.create(context)
    return [...warnings]
  }
  expect(told({ packages: 'good\nfoo bar', releases: '.+rc\\d+$' })).toEqual([
    expect.stringMatching(
      /\[filter_regex\] packages.*: "foo bar" can never match a name of a project \(letters, digits/,
    ),
  ])
  expect(told({ releases: '1.0 # broken' })).toEqual([
    expect.stringMatching(/\[filter_regex\] releases.*: "1\.0 # broken" can never match a version/),
  ])
})
