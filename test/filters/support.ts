import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import type { ConfigFile } from '../../src/config/types.js'
import type { PluginContext } from '../../src/filters/context.js'
import { filterReleases, keepsMetadata } from '../../src/filters/index.js'
import type { Filters } from '../../src/filters/index.js'
import { parseProject } from '../../src/model/parse.js'
import { isObject } from '../../src/model/json.js'
import type { Project } from '../../src/model/project.js'

const roots: string[] = []
afterAll(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true })
})

/** A directory with these files, alone in its parent, removed after the tests. */
export function directoryOf(files: Readonly<Record<string, string | Buffer>>): string {
  const parent = mkdtempSync(join(tmpdir(), 'filters-'))
  roots.push(parent)
  const root = join(parent, 'root')
  mkdirSync(root)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), content)
  }
  return root
}

/** A configuration with these values as they are, whatever configparser's line rules would make of them. */
export function configOf(sections: Readonly<Record<string, Readonly<Record<string, string>>>>): ConfigFile {
  const values = Object.entries(sections).map(([section, options]) => {
    const escaped = Object.entries(options).map(([option, text]) => [option, text.replaceAll('%', '%%')] as const)
    return [section, new Map(escaped)] as const
  })
  return parseConfig('', 'bandersnatch.conf', new Map(values))
}

export function contextOf(config: ConfigFile, directory = '/nowhere'): PluginContext {
  const advisories = { blocking: () => [], fingerprint: () => '' }
  return {
    config,
    directory,
    now: Date.UTC(2026, 0, 1),
    advisories,
    warn: () => {},
    warnUnused: () => {},
    emptyList: () => {},
  }
}

/** The lines of `[plugins] enabled`. */
export function enabledIn(config: ConfigFile): string[] {
  return (config.get('plugins', 'enabled') ?? '').split('\n').filter((line) => line !== '')
}

/** A project from a metadata document whose files need neither URL nor digests. */
export function projectOf(document: unknown, name: string, releaseOrder?: readonly string[]): Project {
  if (!isObject(document) || !isObject(document['releases'])) throw new TypeError('no releases')
  const releases = Object.entries(document['releases']).map(([version, files]) => {
    if (!Array.isArray(files)) throw new TypeError('no list of files')
    return [version, files.map(complete)] as const
  })
  const completed = { last_serial: 1, ...document, releases: Object.fromEntries(releases) }
  const parsed = parseProject(completed, name, { releaseOrder })
  if (parsed.refused.length > 0) throw new TypeError(parsed.refused.join('\n'))
  return parsed.project
}

function complete(file: unknown): unknown {
  if (!isObject(file)) throw new TypeError('no release file')
  return {
    url: `https://files.example.org/packages/${String(file['filename'])}`,
    digests: { sha256: '0'.repeat(64) },
    ...file,
  }
}

/** A project of releases with one wheel each. */
export function projectWith(name: string, versions: readonly string[], info: Record<string, unknown> = {}): Project {
  const releases = versions.map((version) => [version, [{ filename: `${name}-${version}-py3-none-any.whl` }]] as const)
  return projectOf({ info: { name, ...info }, releases: Object.fromEntries(releases) }, name, versions)
}

/** What the mirror does with a fetched project; undefined where it passes it over. */
export function filtered(filters: Filters, project: Project): Project | undefined {
  return keepsMetadata(filters, project) ? filterReleases(filters, project) : undefined
}
