import { expect, test } from 'vitest'
import { excludePlatform } from '../../src/filters/exclude-platform.js'
import { oracleCases } from '../helpers/oracle.js'
import { configOf, contextOf, projectOf } from './support.js'

type Recorded = readonly [file: { readonly filename: string }, dropped: boolean]
type Case = readonly [platforms: string | null, files: readonly Recorded[]]

/** Here `linux` covers every architecture, also without a manylinux tag. */
const MORE = /[-.]linux[_-]/

test('exclude_platform drops the files that bandersnatch 8.0 drops', () => {
  const differing: unknown[] = []
  const cases = oracleCases('platform') as Case[]
  for (const [platforms, files] of cases) {
    const filter = excludePlatform.create(contextOf(configOf(platforms === null ? {} : { blocklist: { platforms } })))
    for (const [raw, dropped] of files) {
      const project = projectOf({ info: { name: 'a' }, releases: { 1: [{ ...raw, filename: 'a.zip' }] } }, 'a')
      const release = project.releases[0]
      const file = release?.files[0]
      if (!release || !file) throw new Error('no file')
      const keeps = filter?.keepFile({ ...file, filename: raw.filename }, release, project.info) ?? true
      if (keeps === dropped && !(dropped === false && MORE.test(raw.filename)))
        differing.push({ platforms, raw, dropped })
    }
  }
  expect(cases.length).toBeGreaterThan(50)
  expect(differing.slice(0, 5), `${differing.length} differ`).toEqual([])
})
