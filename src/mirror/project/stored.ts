import { UnsafePathError } from '../../errors.js'
import { coreMetadataDigest } from '../../model/expected.js'
import { jsonKey, packageKey, simpleDirectory } from '../../model/layout.js'
import { field, isObject } from '../../model/parse.js'
import type { JsonObject, Project } from '../../model/project.js'
import { releaseFiles } from '../../model/project.js'
import { parseHtmlPage } from '../../upstream/html-page.js'
import type { MirrorConfig } from '../../config/types.js'
import type { Storage } from '../../storage/types.js'
import { parseDocument } from './fetch-project.js'

/** The page of a project as the mirror serves it, with the keys of PEP 691; undefined where there is none. */
export async function storedPage(
  storage: Storage,
  config: MirrorConfig,
  name: string,
): Promise<JsonObject | undefined> {
  const directory = simpleDirectory(name, config.hashIndex)
  const json = await storage.read(`${directory}/index.v1_json`)
  const page = json === undefined ? undefined : parseJsonObject(json)
  if (page !== undefined) return page
  const html = (await storage.read(`${directory}/index.v1_html`)) ?? (await storage.read(`${directory}/index.html`))
  return html === undefined
    ? undefined
    : parseHtmlPage(html, { base: new URL(`https://mirror.invalid/simple/${name}/`), name }).json
}

export function parseJsonObject(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** The project of a stored metadata document; undefined where there is none, 'unreadable' where it is damaged. */
export async function storedProject(storage: Storage, name: string): Promise<Project | undefined | 'unreadable'> {
  const body = await storage.read(jsonKey(name))
  if (body === undefined) return undefined
  const json = parseJsonObject(body)
  if (json === undefined) return 'unreadable'
  try {
    return parseDocument(json, body.toString('utf8'), name).project
  } catch {
    return 'unreadable'
  }
}

/** Keys of the files that a page names, core metadata files included. Links that leave the mirror are passed over. */
export function pageKeys(page: JsonObject): string[] {
  const files = field(page, 'files')
  const keys: string[] = []
  for (const file of Array.isArray(files) ? files : []) {
    const url = isObject(file) ? field(file, 'url') : undefined
    if (!isObject(file) || typeof url !== 'string') continue
    try {
      const path = url.replace(/^(?:\.\.\/)+/, '/').replace(/^.*?(?=\/packages\/)/, '')
      const key = packageKey(path)
      const metadata = field(file, 'core-metadata')
      keys.push(key)
      if (isObject(metadata) || metadata === true) keys.push(`${key}.metadata`)
    } catch (error) {
      if (!(error instanceof UnsafePathError)) throw error
    }
  }
  return keys
}

/** Keys of everything that a metadata document names, whatever the filters say. */
export function documentKeys(project: Project, digestName: string): string[] {
  return releaseFiles(project).flatMap((file) => {
    const key = packageKey(file.path)
    return coreMetadataDigest(file, digestName) === undefined ? [key] : [key, `${key}.metadata`]
  })
}
