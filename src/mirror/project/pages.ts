import type { MirrorConfig } from '../../config/types.js'
import { LAYOUT, PAGE_NAMES, heldKey, jsonKey, pypiJsonKey } from '../../model/layout.js'
import type { PageName } from '../../model/layout.js'
import type { Project } from '../../model/project.js'
import { projectHtml, rootHtml } from '../../simple/html.js'
import { projectJson, rootJson } from '../../simple/json.js'
import type { PageOptions } from '../../simple/types.js'
import type { Storage } from '../../storage/types.js'
import { pageDirectories } from './stored.js'

export function pageOptions(config: MirrorConfig): PageOptions {
  return {
    format: config.simpleFormat,
    apiVersion: config.simpleApiVersion,
    digestName: config.digestName,
    rootUri: config.rootUri,
    coreMetadata: config.coreMetadata,
  }
}

/** A project's pages in the formats of the configuration. */
export function renderPages(project: Project, config: MirrorConfig): [PageName, string][] {
  const options = pageOptions(config)
  const pages: [PageName, string][] = []
  if (options.format !== 'JSON') {
    const html = projectHtml(project, options)
    pages.push(['index.html', html], ['index.v1_html', html])
  }
  if (options.format !== 'HTML') pages.push(['index.v1_json', projectJson(project, options)])
  return pages
}

export interface PageSet {
  readonly project: Project
  /** serial in the names of kept versions: the one that was asked for, 0 in `sync`, as with 8.0 */
  readonly serial: number
  /** its pages may be of another shape: formats and places that the configuration no longer has are removed */
  readonly reshaped: boolean
}

/**
 * Writes a project's pages as a set: those of the configured formats, and none of other formats or places; with
 * `keep_index_versions` into `versions/`, with links to the newest. Returns the keys, as the diff file lists them.
 */
export async function writePages(storage: Storage, config: MirrorConfig, set: PageSet): Promise<string[]> {
  const [directory] = pageDirectories(set.project.name, config.hashIndex)
  const pages = renderPages(set.project, config)
  const keys: string[] = []
  if (config.keepIndexVersions > 0) {
    keys.push(
      ...(await writeVersions(storage, { keep: config.keepIndexVersions, directory, pages, serial: set.serial })),
    )
  } else {
    for (const [name, body] of pages) {
      await storage.write(`${directory}/${name}`, body)
      keys.push(`${directory}/${name}`)
    }
  }
  if (set.reshaped) await removeOtherForms(storage, config, set.project.name)
  return keys
}

/** Removes what of a project's pages and documents the configuration no longer has. */
export async function removeOtherForms(storage: Storage, config: MirrorConfig, name: string): Promise<void> {
  const [own, other] = pageDirectories(name, config.hashIndex)
  const wanted = new Set<PageName | undefined>([
    ...(config.simpleFormat === 'JSON' ? [] : (['index.html', 'index.v1_html'] as const)),
    ...(config.simpleFormat === 'HTML' ? [] : (['index.v1_json'] as const)),
  ])
  await removeVersions(storage, own, (file) => config.keepIndexVersions === 0 || !wanted.has(pageOf(file)))
  for (const page of PAGE_NAMES) if (!wanted.has(page)) await storage.remove(`${own}/${page}`)
  await removePages(storage, other)
  if (!config.json) await removeDocuments(storage, name)
}

/**
 * Removes pages and kept versions from a directory, then the directory where nothing else is in it: with `hash-index`
 * the directory of a project with a name of one letter holds those of other projects.
 */
export async function removePages(storage: Storage, directory: string): Promise<void> {
  await removeVersions(storage, directory, () => true)
  for (const page of PAGE_NAMES) await storage.remove(`${directory}/${page}`, { pruneParents: 'all' })
}

/** Removes kept versions of pages, by their names. */
async function removeVersions(storage: Storage, directory: string, goes: (file: string) => boolean): Promise<void> {
  for (const file of await storage.names(`${directory}/versions`, 'files')) {
    if (VERSION_FILE.test(file) && goes(file))
      await storage.remove(`${directory}/versions/${file}`, { pruneParents: true })
  }
}

export async function removeDocuments(storage: Storage, name: string): Promise<void> {
  await storage.remove([jsonKey(name), heldKey(name)])
  await storage.remove(pypiJsonKey(name), { pruneParents: true })
}

interface Versions {
  readonly keep: number
  readonly directory: string
  readonly pages: readonly [PageName, string][]
  readonly serial: number
}

const VERSION_FILE = /^index_\d+_.*Z\.(?:html|v1_html|v1_json)$/

/** The page that a kept version is one of. */
function pageOf(file: string): PageName | undefined {
  return PAGE_NAMES.find((page) => file.endsWith(`Z${page.slice('index'.length)}`))
}

/** The page that is linked is never pruned, whatever the clock said when the others were written. */
async function writeVersions(storage: Storage, { keep, directory, pages, serial }: Versions): Promise<string[]> {
  const stamp = pythonTimestamp(new Date())
  const keys: string[] = []
  for (const [name, body] of pages) {
    const extension = name.slice('index'.length)
    const file = `index_${serial}_${stamp}${extension}`
    const key = `${directory}/versions/${file}`
    await storage.write(key, body)
    await storage.link(`${directory}/${name}`, key)
    keys.push(key)
    const others = (await storage.names(`${directory}/versions`, 'files'))
      .filter((other) => other.endsWith(extension) && other !== file)
      .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
    for (const old of others.slice(0, Math.max(0, others.length - (keep - 1)))) {
      await storage.remove(`${directory}/versions/${old}`)
    }
  }
  return keys
}

/** As 8.0 names them: `2026-01-31T235959.123456Z`. */
function pythonTimestamp(now: Date): string {
  const micros = Math.floor((performance.now() * 1000) % 1000)
  return now
    .toISOString()
    .replace(/:/g, '')
    .replace('Z', `${String(micros).padStart(3, '0')}Z`)
}

/** The time in `index_SERIAL_TIME.html`: pages are pruned by age, whatever their serials. */
function timeOf(file: string): string {
  return /^index_\d+_(.*?Z)\./.exec(file)?.[1] ?? ''
}

export interface RootIndex {
  /** sorted, as places.ts gives them */
  readonly names: Iterable<string>
  readonly serial: number
  /** serial of a project's pages, for `simple-api-version = 1.4`; undefined where it is not known */
  readonly serialOf: (name: string) => number | undefined
}

/** Writes the root index as a set, like a project's pages. Returns the keys, as the diff file lists them. */
export async function writeRootIndex(storage: Storage, config: MirrorConfig, root: RootIndex): Promise<string[]> {
  const options = pageOptions(config)
  const key = (name: PageName): string => `${LAYOUT.simple}/${name}`
  const keys: string[] = []
  if (options.format === 'JSON')
    for (const page of ['index.html', 'index.v1_html'] as const) await storage.remove(key(page))
  else {
    await storage.writeStream(key('index.html'), rootHtml(root.names, options))
    await storage.copy(key('index.v1_html'), key('index.html'))
    keys.push(key('index.html'), key('index.v1_html'))
  }
  if (options.format === 'HTML') await storage.remove(key('index.v1_json'))
  else {
    await storage.writeStream(key('index.v1_json'), rootJson(root.names, root, options))
    keys.push(key('index.v1_json'))
  }
  return keys
}
