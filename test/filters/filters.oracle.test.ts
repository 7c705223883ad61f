import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { ConfigError, InvalidDocumentError } from '../../src/errors.js'
import { keepsProject, loadFilters } from '../../src/filters/index.js'
import type { Filters } from '../../src/filters/index.js'
import { normalizeName } from '../../src/packaging/name.js'
import { directoryOf, enabledIn, filtered, projectOf } from './support.js'

interface Case {
  readonly config: string
  readonly files: Record<string, string>
  readonly project: string
  readonly metadata: { readonly info: { readonly name: string }; readonly releases: Record<string, unknown> }
  readonly accept: readonly { readonly result: string; readonly releases?: readonly [string, string[]][] }[]
}

// JavaScript would sort keys that look like integers first; with this mark they keep the document's order.
const MARK = '\u2060'
const unmarked = (key: string): string => key.replace(MARK, '')

function readCases(): Case[] {
  const directory = process.env['ORACLE_DIR'] ?? join(import.meta.dirname, '..', 'fixtures', 'oracle')
  const text = readFileSync(join(directory, 'filters.json'), 'utf8').replace(/"(\d+)":/g, `"${MARK}$1":`)
  const { cases } = JSON.parse(text) as { cases: Case[] }
  return cases
}

/** 8.0's prerelease list finds only projects that spell their own names normalized: with that fault, as recorded. */
function withPrereleaseFault(filters: Filters, name: string): Filters {
  if (name === normalizeName(name)) return filters
  const release = filters.release.map((filter) => {
    const { settings } = filter
    const hasList = filter.name === 'prerelease_release' && Array.isArray(settings) && settings.length > 0
    return hasList ? { ...filter, keepRelease: () => true } : filter
  })
  return { ...filters, release }
}

async function outcome({ config: text, files, project, metadata }: Case): Promise<Case['accept'][number]> {
  const root = directoryOf(files)
  try {
    const config = parseConfig(text.replaceAll('{ROOT}', root), 'bandersnatch.conf')
    const loaded = await loadFilters(config, enabledIn(config), { directory: root, unknownPlugin: 'warn' })
    const filters = withPrereleaseFault(loaded, metadata.info.name)
    if (!keepsProject(filters, project).keep) return { result: 'project' }
    const releases = Object.entries(metadata.releases).map(([version, value]) => [unmarked(version), value] as const)
    const document = { ...metadata, releases: Object.fromEntries(releases) }
    const kept = filtered(
      filters,
      projectOf(
        document,
        project,
        releases.map(([version]) => version),
      ),
    )
    if (!kept) return { result: 'metadata' }
    return { result: 'kept', releases: kept.releases.map((r) => [r.version, r.files.map((file) => file.filename)]) }
  } catch (error) {
    // 8.0 takes a list that is set and empty for no limit; here it is refused.
    if (error instanceof ConfigError && error.message.includes('names no project')) return { result: 'empty list' }
    if (error instanceof ConfigError || error instanceof InvalidDocumentError) return { result: 'error' }
    throw error
  }
}

test('filters keep and drop what bandersnatch 8.0 keeps and drops', async () => {
  const differing: unknown[] = []
  const cases = readCases()
  for (const recorded of cases) {
    const got = await outcome(recorded)
    if (got.result === 'empty list') continue
    const accepted = recorded.accept.map(({ result, releases }) => (releases ? { result, releases } : { result }))
    if (accepted.some((one) => JSON.stringify(one) === JSON.stringify(got))) continue
    // bandersnatch 8.0 refuses hashes and continuations; on purpose they are read here (docs/differences.md).
    const isRefused = accepted.every(({ result }) => result === 'error')
    if (isRefused && Object.values(recorded.files).some((text) => /--hash=|\\$/m.test(text))) continue
    differing.push({ config: recorded.config, files: recorded.files, project: recorded.project, got, accepted })
  }
  expect(cases.length).toBeGreaterThan(50)
  expect(differing.slice(0, 3), `${differing.length} of ${cases.length} differ`).toEqual([])
})
