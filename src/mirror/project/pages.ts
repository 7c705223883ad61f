import { LAYOUT, simpleDirectory } from '../../model/layout.js'
import type { PageName } from '../../model/layout.js'
import type { Project } from '../../model/project.js'
import { projectHtml, rootHtml } from '../../simple/html.js'
import { projectJson, rootJson } from '../../simple/json.js'
import type { PageOptions } from '../../simple/types.js'
import type { MirrorConfig } from '../../config/types.js'
import type { Storage } from '../../storage/types.js'

export function pageOptions(config: MirrorConfig): PageOptions {
  return {
    format: config.simpleFormat,
    apiVersion: config.simpleApiVersion,
    digestName: config.digestName,
    rootUri: config.rootUri,
    coreMetadata: config.coreMetadata,
  }
}

export interface Page {
  readonly project: Project
  /** serial in the names of kept versions: the one that was asked for, 0 in `sync`, as with 8.0 */
  readonly serial: number
}

/**
 * Writes a project's pages, the ones of the configured formats; with `keep_index_versions` into `versions/`, with
 * links to the newest. Returns the keys, as the diff file lists them.
 */
export async function writePages(storage: Storage, config: MirrorConfig, { project, serial }: Page): Promise<string[]> {
  const options = pageOptions(config)
  const directory = simpleDirectory(project.name, config.hashIndex)
  const pages: [PageName, string][] = []
  if (options.format !== 'JSON') {
    const html = projectHtml(project, options)
    pages.push(['index.html', html], ['index.v1_html', html])
  }
  if (options.format !== 'HTML') pages.push(['index.v1_json', projectJson(project, options)])
  if (config.keepIndexVersions > 0) return writeVersions(storage, config.keepIndexVersions, directory, pages, serial)
  const keys: string[] = []
  for (const [name, body] of pages) {
    await storage.write(`${directory}/${name}`, body)
    keys.push(`${directory}/${name}`)
  }
  return keys
}

async function writeVersions(
  storage: Storage,
  keep: number,
  directory: string,
  pages: readonly [PageName, string][],
  serial: number,
): Promise<string[]> {
  const stamp = pythonTimestamp(new Date())
  const keys: string[] = []
  for (const [name, body] of pages) {
    const extension = name.slice('index'.length)
    const key = `${directory}/versions/index_${serial}_${stamp}${extension}`
    await storage.write(key, body)
    await storage.link(`${directory}/${name}`, key)
    keys.push(key)
    const old = (await storage.names(`${directory}/versions`, 'files'))
      .filter((file) => file.endsWith(extension))
      .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
    for (const file of old.slice(0, -keep)) await storage.remove(`${directory}/versions/${file}`)
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

/** The names that the mirror serves, sorted: the directories below `web/simple`, as 8.0 finds them. */
export async function* mirroredNames(storage: Storage, hashIndex: boolean): AsyncGenerator<string[]> {
  if (!hashIndex) {
    yield storage.names(LAYOUT.simple, 'directories')
    return
  }
  for (const letter of await storage.names(LAYOUT.simple, 'directories')) {
    yield storage.names(`${LAYOUT.simple}/${letter}`, 'directories')
  }
}

/**
 * Writes the root index. `names`: what mirroredNames gives; `serials`: what the mirror knows of its projects'
 * serials, for `simple-api-version = 1.4`. Returns the keys, as the diff file lists them.
 */
export async function writeRootIndex(
  storage: Storage,
  config: MirrorConfig,
  root: { readonly names: Iterable<string>; readonly serial: number; readonly serials: ReadonlyMap<string, number> },
): Promise<string[]> {
  const options = pageOptions(config)
  const key = (name: PageName): string => `${LAYOUT.simple}/${name}`
  const keys: string[] = []
  if (options.format === 'JSON') await storage.remove(key('index.html'))
  else {
    await storage.writeStream(key('index.html'), rootHtml(root.names, options))
    await storage.copy(key('index.v1_html'), key('index.html'))
    keys.push(key('index.html'), key('index.v1_html'))
  }
  if (options.format !== 'HTML') {
    await storage.writeStream(key('index.v1_json'), rootJson(root.names, root, options))
    keys.push(key('index.v1_json'))
  }
  return keys
}
