import type { MirrorConfig } from '../../config/types.js'
import { InvalidDocumentError } from '../../errors.js'
import { parseDocument } from '../../model/document.js'
import { parseJsonObject } from '../../model/json.js'
import { jsonKey, localUrl, pypiJsonKey } from '../../model/layout.js'
import { releaseFiles } from '../../model/project.js'
import type { Context } from '../run/context.js'

/** `"url"` with its value. Inside a string of JSON each quote has a backslash before it, so this is no string's content. */
const URL_MEMBER = /"url": ("(?:[^"\\]|\\.)*")/g

/**
 * The document as `/pypi/NAME/json` serves it: a copy of the stored one, as 8.0 has it; with `json-urls = mirror` its
 * files have the URLs that the pages give.
 */
export function apiDocument({ jsonUrls, rootUri }: MirrorConfig, name: string, document: Buffer): Buffer {
  if (jsonUrls !== 'mirror') return document
  const text = document.toString('utf8')
  const urls = fileUrls(document, name, rootUri)
  const changed = text.replace(URL_MEMBER, (member, value: string) => {
    const url = urls.get(String(JSON.parse(value)))
    return url === undefined ? member : `"url": ${JSON.stringify(url)}`
  })
  return Buffer.from(changed)
}

/** URL upstream -> URL of the mirror. Empty for what is no metadata document, which `verify` fetches anew. */
function fileUrls(document: Buffer, name: string, rootUri: string): Map<string, string> {
  try {
    const json = parseJsonObject(document)
    const parsed = json === undefined ? undefined : parseDocument(json, document.toString('utf8'), name)
    if (parsed?.kind !== 'complete') return new Map()
    return new Map(releaseFiles(parsed.project).map(({ url, path }) => [url, localUrl(path, rootUri)]))
  } catch (error) {
    if (error instanceof InvalidDocumentError) return new Map()
    throw error
  }
}

/** Writes that document from the stored one; nothing where there is none. */
export async function writeApiDocument(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  name: string,
): Promise<void> {
  const [stored, served] = [jsonKey(name), pypiJsonKey(name)]
  if (config.jsonUrls !== 'mirror') return storage.copy(served, stored)
  const document = await storage.read(stored)
  if (document !== undefined) await storage.write(served, apiDocument(config, name, document))
}
