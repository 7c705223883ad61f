import { expect, test } from 'vitest'
import { ConfigError } from '../../src/errors.js'
import { allowlistedNames, allowlistedRequirements, allowlistRelease } from '../../src/filters/allowlist.js'
import { blocklistedNames, blocklistedRequirements, blocklistRelease } from '../../src/filters/blocklist.js'
import { parsePackageLines, requirementTable } from '../../src/filters/package-lines.js'
import { requirementFiles } from '../../src/filters/requirement-files.js'
import { pinnedRequirements, projectRequirements } from '../../src/filters/requirements.js'
import { normalizeName } from '../../src/packaging/name.js'
import type { Requirement } from '../../src/packaging/requirement.js'
import { requirementKey } from '../../src/packaging/requirement.js'
import { formatSpecifierSet } from '../../src/packaging/specifier.js'
import { oracleCases } from '../helpers/oracle.js'
import { configOf, contextOf, directoryOf, projectWith } from './support.js'

type Case = readonly [kind: string, ...items: unknown[]]
type Files = { readonly requirements_path?: string; readonly requirements?: string; readonly tree: readonly string[] }

const listed = (section: 'allowlist' | 'blocklist', packages: string): ReturnType<typeof configOf> =>
  configOf({ [section]: { packages } })

/** As recorded: names normalized, of equal requirements the first, in the order of their texts. */
function recordedForm(requirements: readonly Requirement[]): string[] {
  const distinct = new Map<string, Requirement>()
  for (const one of requirements) if (!distinct.has(requirementKey(one))) distinct.set(requirementKey(one), one)
  const form = ({ name, specifier, extras, url, marker }: Requirement): string =>
    JSON.stringify([normalizeName(name), formatSpecifierSet(specifier), extras, url, marker])
  return [...distinct.values()].map(form).sort()
}

function recorded(answer: unknown): unknown {
  if (!Array.isArray(answer) || typeof answer[0] === 'string') return answer
  const requirements = answer as { canonical: string; spec: string; extras: string[]; url: unknown; marker: unknown }[]
  return requirements.map((one) => JSON.stringify([one.canonical, one.spec, one.extras, one.url, one.marker])).sort()
}

function fileContext(base64: string): ReturnType<typeof contextOf> {
  const root = directoryOf({ 'r.txt': Buffer.from(base64, 'base64') })
  return contextOf(configOf({ allowlist: { requirements_path: root, requirements: 'r.txt' } }))
}

const ask: Record<string, (...items: never[]) => unknown> = {
  parse_package_lines: (lines: string[]) => {
    const fail = (): Error => new ConfigError('no requirement')
    const parsed = parsePackageLines(lines, { skip: ['#', '-'], comments: true, fail })
    return recordedForm(parsed.map(({ requirement }) => requirement))
  },
  allowlist_project: (text: string) => allowlistedNames(listed('allowlist', text)),
  blocklist_project: (text: string) => blocklistedNames(listed('blocklist', text)),
  allowlist_release: (text: string) => recordedForm(allowlistedRequirements(listed('allowlist', text))),
  blocklist_release: (text: string) => recordedForm(blocklistedRequirements(listed('blocklist', text))),
  release_match: (plugin: string, text: string, name: string, version: string) => {
    const project = { ...projectWith('x', ['1']), name: normalizeName(name) }
    const release = { version, files: [] }
    if (plugin === 'allowlist_release') {
      return allowlistRelease.create(contextOf(listed('allowlist', text))).keepRelease(release, project)
    }
    return blocklistRelease.create(contextOf(listed('blocklist', text)))?.keepRelease(release, project) === false
  },
  pinned_exists: (text: string, name: string) =>
    requirementTable(allowlistedRequirements(listed('allowlist', text))).limits(name),
  requirements: (base64: string) => projectRequirements.create(fileContext(base64))?.settings ?? [],
  requirements_pinned: (base64: string) => recordedForm(pinnedRequirements(fileContext(base64))),
  requirement_files: ({ tree, ...settings }: Files) => {
    const root = directoryOf(Object.fromEntries(tree.map((name) => [name, ''])))
    const values = Object.entries(settings).map(([option, text]) => [option, text.replaceAll('{ROOT}', root)])
    const config = configOf({ allowlist: Object.fromEntries(values) as Record<string, string> })
    return requirementFiles(config, root).map((file) => file.replace(root, '{ROOT}'))
  },
}

function answer(kind: string, items: readonly unknown[]): unknown {
  try {
    return ask[kind]?.(...(items as never[]))
  } catch (error) {
    if (error instanceof ConfigError) return 'error'
    throw error
  }
}

function agrees(got: unknown, wanted: unknown): boolean {
  if (wanted === 'either') return typeof got === 'boolean'
  if (typeof wanted === 'object' && wanted !== null && 'error' in wanted) return got === 'error'
  return JSON.stringify(got) === JSON.stringify(recorded(wanted))
}

/**
 * Differences on purpose: hashes and continuations are read, and project_requirements_pinned reads every encoding that
 * project_requirements reads (docs/differences.md). bandersnatch 8.0 refuses these files.
 */
function isReadOnPurpose(kind: string, items: readonly unknown[], wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null || !('error' in wanted)) return false
  const [base64] = items
  const bytes = Buffer.from(typeof base64 === 'string' ? base64 : '', 'base64')
  const isMarked = /^(?:\xff\xfe|\xfe\xff|\xef\xbb\xbf|\0\0\xfe\xff|# coding: )/.test(bytes.toString('latin1'))
  if (kind === 'requirements_pinned' && isMarked) return answer('requirements', items) !== 'error'
  return kind.startsWith('requirements') && /\\\r?(?:\n|$)|--hash=/.test(bytes.toString('latin1'))
}

test('package lists and requirements files mean what they mean to bandersnatch 8.0', () => {
  const cases = (oracleCases('pep508') as Case[]).filter(([kind]) => Object.hasOwn(ask, kind))
  const differing: unknown[] = []
  for (const [kind, ...items] of cases) {
    const wanted = items.pop()
    const got = answer(kind, items)
    if (!agrees(got, wanted) && !isReadOnPurpose(kind, items, wanted)) differing.push({ kind, items, got, wanted })
  }
  expect(cases.length).toBeGreaterThan(50)
  expect(differing.slice(0, 5), `${differing.length} of ${cases.length} differ`).toEqual([])
})
