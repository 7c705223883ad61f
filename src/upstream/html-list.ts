import { UpstreamError } from '../errors.js'
import { percentDecode } from '../model/layout.js'
import { normalizeName } from '../packaging/name.js'
import { parseUrl } from './http/failure.js'
import { createHtmlParser } from './html-parser.js'
import type { BodyReader } from './types.js'

const LONGEST_NAME = 1024

/**
 * Reads the root page of a simple index (PEP 503) as it arrives. A project is an anchor whose text is the name of the
 * page it leads to; what else there is (a link upwards, a login) is passed over.
 * @param onName gets each name as the page spells it
 */
export function createHtmlListReader(
  onName: (name: string) => void,
  page: { readonly url: URL; readonly shown: string },
): BodyReader {
  const decoder = new TextDecoder()
  let base = page.url
  let target: URL | undefined
  let text = ''
  let found = false
  const finish = (): void => {
    const name = text.trim()
    if (target !== undefined && name !== '' && lastSegment(target) === normalizeName(name)) {
      found = true
      onName(name)
    }
    target = undefined
  }
  const parser = createHtmlParser({
    onopentag(name, { href }) {
      if (name === 'base') base = parseUrl(href ?? '', base) ?? base
      if (name !== 'a') return
      finish()
      target = href === undefined ? undefined : parseUrl(href, base)
      text = ''
    },
    ontext(data) {
      if (target !== undefined && text.length < LONGEST_NAME) text += data
    },
    onclosetag(name) {
      if (name === 'a') finish()
    },
  })
  return {
    write: (chunk) => parser.write(decoder.decode(chunk, { stream: true })),
    end() {
      parser.end(decoder.decode())
      finish()
      if (!found)
        throw new UpstreamError(
          'content',
          `${page.shown}: HTML that is not a list of projects: the page of a login, of a proxy or of another site. Is master right?`,
        )
    },
  }
}

/** The name of the page that a link leads to, normalized. */
function lastSegment({ pathname }: URL): string {
  const segment = pathname.replace(/\/+$/, '').replace(/^.*\//s, '')
  return normalizeName(percentDecode(segment))
}
