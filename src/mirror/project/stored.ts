import { parseDocument } from '../../model/document.js'
import { jsonKey, simpleDirectory } from '../../model/layout.js'
import { MIRROR_HOST } from '../../model/page.js'
import { parseJsonObject } from '../../model/parse.js'
import type { JsonObject, Project } from '../../model/project.js'
import { parseHtmlPage } from '../../upstream/html-page.js'
import type { MirrorConfig } from '../../config/types.js'
import type { Storage } from '../../storage/types.js'

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
    : parseHtmlPage(html, { base: new URL(`${MIRROR_HOST}/simple/${name}/`), name }).json
}

/** The project of a stored metadata document; undefined where there is none that lists files, 'unreadable' where it is damaged. */
export async function storedProject(storage: Storage, name: string): Promise<Project | undefined | 'unreadable'> {
  const body = await storage.read(jsonKey(name))
  if (body === undefined) return undefined
  const json = parseJsonObject(body)
  if (json === undefined) return 'unreadable'
  try {
    const parsed = parseDocument(json, body.toString('utf8'), name)
    return parsed.kind === 'complete' ? parsed.project : undefined
  } catch {
    return 'unreadable'
  }
}
