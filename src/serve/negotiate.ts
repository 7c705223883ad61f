import type { IncomingMessage } from 'node:http'
import Negotiator from 'negotiator'
import { PAGE_NAMES } from '../model/layout.js'
import type { PageName } from '../model/layout.js'

/** What each page is; of several that a client likes as well, the first is given. */
const TYPES = new Map<string, PageName>([
  ['text/html', 'index.html'],
  ['application/vnd.pypi.simple.v1+html', 'index.v1_html'],
  ['application/vnd.pypi.simple.v1+json', 'index.v1_json'],
  ['application/vnd.pypi.simple.latest+html', 'index.v1_html'],
  ['application/vnd.pypi.simple.latest+json', 'index.v1_json'],
])

/** The Content-Type of a page. JSON has no charset: it is always UTF-8. */
export const CONTENT_TYPES: Readonly<Record<PageName, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'index.v1_html': 'application/vnd.pypi.simple.v1+html; charset=utf-8',
  'index.v1_json': 'application/vnd.pypi.simple.v1+json',
}

/**
 * The pages in the order in which they suit a request: by the `format` parameter, else by Accept (PEP 691).
 * Those that the client did not ask for come last: a mirror of one format answers with that, as a file server does.
 * @param format the `format` parameter of the URL
 */
export function pagesFor(request: Pick<IncomingMessage, 'headers'>, format: string | null): PageName[] {
  // A plus sign that was not encoded reads as a space.
  const asked = TYPES.get((format ?? '').replace(/ /g, '+'))
  const accepted = new Negotiator(request).mediaTypes([...TYPES.keys()]).flatMap((type) => TYPES.get(type) ?? [])
  return [...new Set([...(asked === undefined ? [] : [asked]), ...accepted, ...PAGE_NAMES])]
}
