import { createRequire } from 'node:module'
import type * as HtmlParser from 'htmlparser2'

/** Loaded with the first page that is HTML: PyPI sends none, and loading takes longer than a quiet run. */
const require = createRequire(import.meta.url)

/** A parser that calls `handler` as the page is written to it. */
export function createHtmlParser(handler: Partial<HtmlParser.Handler>): HtmlParser.Parser {
  const library = require('htmlparser2') as typeof HtmlParser
  return new library.Parser(handler)
}
