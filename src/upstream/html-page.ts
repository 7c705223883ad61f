import type { JsonObject } from '../model/project.js'
import { parseUrl } from './http/failure.js'
import { createHtmlParser } from './html-parser.js'

interface Anchor {
  readonly attributes: Readonly<Record<string, string>>
  text: string
}

/** `sha256=…` as an object of PEP 691; undefined for anything else. */
function hash(text: string): JsonObject | undefined {
  const match = /^([A-Za-z0-9_]+)=([0-9A-Fa-f]+)$/.exec(text)
  const [, name, hex] = match ?? []
  return name === undefined || hex === undefined ? undefined : Object.fromEntries<unknown>([[name, hex.toLowerCase()]])
}

/** PEP 658 and PEP 714: `true` or a digest; undefined when the attribute is absent or says neither. */
function coreMetadata(attributes: Anchor['attributes']): JsonObject | boolean | undefined {
  const value = attributes['data-core-metadata'] ?? attributes['data-dist-info-metadata']
  if (value === undefined) return undefined
  return value === 'true' || value === '' ? true : hash(value)
}

function lastSegment(url: URL): string {
  const segment = url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** An anchor as a file of PEP 691; undefined when it leads to none. */
function anchorFile({ attributes, text }: Anchor, base: URL): JsonObject | undefined {
  const url = parseUrl(attributes['href'] ?? '', base)
  if (attributes['href'] === undefined || url === undefined || !/^https?:$/.test(url.protocol)) return undefined
  const hashes = hash(url.hash.slice(1)) ?? {}
  url.hash = ''
  const filename = text.trim() === '' ? lastSegment(url) : text.trim()
  if (filename === '') return undefined
  const yanked = attributes['data-yanked']
  const metadata = coreMetadata(attributes)
  const requires = attributes['data-requires-python']
  const provenance = attributes['data-provenance']
  return {
    filename,
    url: url.href,
    hashes,
    yanked: yanked === undefined ? false : yanked === '' ? true : yanked,
    ...(requires === undefined ? {} : { 'requires-python': requires }),
    ...(metadata === undefined ? {} : { 'core-metadata': metadata }),
    ...(provenance === undefined ? {} : { provenance }),
  }
}

/** What the meta elements of PEP 708 and 792 say, with the keys of PEP 691. */
function statusFields(meta: ReadonlyMap<string, readonly string[]>): JsonObject {
  const status = meta.get('pypi:project-status')?.[0]
  const reason = meta.get('pypi:project-status-reason')?.[0]
  const locations = meta.get('pypi:alternate-locations')
  return {
    ...(status === undefined ? {} : { 'project-status': { status, ...(reason === undefined ? {} : { reason }) } }),
    ...(locations === undefined ? {} : { 'alternate-locations': locations }),
  }
}

/**
 * A project's HTML page (PEP 503, with PEP 592, 658, 708, 714, 740 and 792) as the object that PEP 691 would give.
 * Whatever is no anchor to a file is passed over.
 */
export function parseHtmlPage(
  body: Buffer,
  page: { readonly base: URL; readonly name: string },
): { readonly json: JsonObject; readonly serial: number | undefined } {
  const files: JsonObject[] = []
  let base = page.base
  let baseMet = false
  let anchor: Anchor | undefined
  let serial: number | undefined
  const meta = new Map<string, string[]>()
  const finish = (): void => {
    const file = anchor === undefined ? undefined : anchorFile(anchor, base)
    if (file !== undefined) files.push(file)
    anchor = undefined
  }
  const parser = createHtmlParser({
    onopentag(name, attributes) {
      if (name === 'base' && !baseMet) {
        base = parseUrl(attributes['href'] ?? '', page.base) ?? page.base
        baseMet = true
      } else if (name === 'meta') {
        const key = attributes['name'] ?? ''
        meta.set(key, [...(meta.get(key) ?? []), attributes['content'] ?? ''])
      } else if (name === 'a') {
        finish()
        anchor = { attributes, text: '' }
      }
    },
    ontext(text) {
      if (anchor !== undefined) anchor.text += text
    },
    onclosetag(name) {
      if (name === 'a') finish()
    },
    // PyPI ends its pages with <!--SERIAL 123-->.
    oncomment(text) {
      const match = /^\s*SERIAL (\d{1,15})\s*$/.exec(text)
      if (match !== null) serial = Number(match[1])
    },
  })
  parser.end(body.toString('utf8'))
  finish()
  return { json: { meta: { 'api-version': '1.0' }, name: page.name, files, ...statusFields(meta) }, serial }
}
