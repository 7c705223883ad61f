import { UpstreamError } from '../errors.js'

/** More than a row of the changelog, or an answer that is not a list, has reason to be; in UTF-16 units. */
const LONGEST_PIECE = 1024 * 1024
const LONGEST_PROLOG = 16 * 1024
/** of elements; XML-RPC has three for each array or struct within another */
export const DEEPEST = 100

/** Where the rows or members begin. What does not look like this is not cut. */
const LIST_HEAD =
  /^\s*(?:<\?xml[^>]*>\s*)?<methodResponse[^>]*>\s*<params>\s*<param>\s*<value>\s*<(?:array>\s*<data|struct)>$/
const LIST_DEPTHS: ReadonlySet<number> = new Set([5, 6])

/** Markup that holds no elements. A document type (`<!DOCTYPE`, `<!ENTITY`) is not among it. */
const OPAQUE = [
  { open: '<!--', close: '-->' },
  { open: '<![CDATA[', close: ']]>' },
  { open: '<?', close: '?>' },
] as const
const LONGEST_OPEN = 9

const SLASH = 0x2f
const EXCLAMATION = 0x21
const QUESTION = 0x3f

type Kind = 'unknown' | 'rpc' | 'foreign'

/** Whether a text is XML-RPC at all, by its first element: a server without it may answer with a web page. */
function kindOf(prolog: string): Kind {
  if (/^\s*(?:[^\s<]|<!doctype\s+html\b)/i.test(prolog)) return 'foreign'
  const root = /<([a-z_][^\s/>]*)[\s/>]/i.exec(prolog)?.[1]
  if (root === undefined) return prolog.length > LONGEST_PROLOG ? 'foreign' : 'unknown'
  return root === 'methodResponse' ? 'rpc' : 'foreign'
}

export interface RpcSplitter {
  write(text: string): void
  /** The document without what `onItems` got; undefined when it is something else than a methodResponse. */
  end(): string | undefined
}

/**
 * Cuts the text of an XML-RPC answer between the items of its array or struct, so that an answer of 100 MB is
 * parsed a piece at a time. It counts how deep the elements are, no more: what it cuts out is well-formed
 * where the whole is, and whoever parses it has to check that.
 * @param onItems gets one or several `<value>`s of the array, or `<member>`s of the struct
 */
export function createRpcSplitter(onItems: (text: string) => void, shown: string): RpcSplitter {
  let kind: Kind = 'unknown'
  let place: 'head' | 'items' | 'tail' = 'head'
  let head = ''
  let rest = ''
  /** up to where `rest` was looked at */
  let seen = 0
  let depth = 0
  /** depth of the element that the items stand in */
  let listDepth = 0

  const wrong = (what: string): UpstreamError => new UpstreamError('content', `${shown}: ${what}`)

  /** The end of the comment, CDATA section or instruction at `at`; 0 where it has not arrived. */
  const opaqueEnd = (at: number): number => {
    if (rest.length - at < LONGEST_OPEN) return 0
    const form = OPAQUE.find(({ open }) => rest.startsWith(open, at))
    if (form === undefined) throw wrong('has a document type or what is no XML')
    const end = rest.indexOf(form.close, at + form.open.length)
    return end < 0 ? 0 : end + form.close.length
  }

  const enter = (end: number): void => {
    depth += 1
    if (depth > DEEPEST) throw wrong('nested too deep')
    if (place !== 'head' || !LIST_DEPTHS.has(depth) || !LIST_HEAD.test(rest.slice(0, end))) return
    head = rest.slice(0, end)
    rest = rest.slice(end)
    seen = 0
    place = 'items'
    listDepth = depth
  }

  const scan = (): void => {
    let whole = 0
    for (;;) {
      const at = rest.indexOf('<', seen)
      seen = at < 0 ? rest.length : at
      if (at < 0) break
      const code = rest.charCodeAt(at + 1)
      const opaque = code === EXCLAMATION || code === QUESTION
      const end = opaque ? opaqueEnd(at) : rest.indexOf('>', at) + 1
      if (end === 0) break
      seen = end
      if (opaque) continue
      if (code === SLASH) depth -= 1
      else if (rest.charCodeAt(end - 2) !== SLASH) enter(end)
      if (place !== 'items') continue
      if (depth < listDepth) place = 'tail'
      else if (depth === listDepth) whole = seen
    }
    if (whole > 0) {
      onItems(rest.slice(0, whole))
      rest = rest.slice(whole)
      seen -= whole
    }
    if (rest.length > LONGEST_PIECE) throw wrong('a text is too long')
  }

  return {
    write(text) {
      if (kind === 'foreign') return
      rest += text
      if (kind === 'unknown') kind = kindOf(rest)
      if (kind === 'rpc') scan()
    },
    end() {
      if (kind !== 'rpc') return undefined
      if (depth !== 0) throw wrong('the XML-RPC answer is cut off')
      return head + rest
    },
  }
}
