import { Parser } from 'htmlparser2'
import { UpstreamError } from '../errors.js'
import type { BodyReader } from './types.js'

/** A value of XML-RPC; integers that do not fit are NaN, dates and base64 stay text. */
export type RpcValue = string | number | boolean | null | RpcValue[] | Map<string, RpcValue>

export interface RpcResponse {
  readonly kind: 'value' | 'fault'
  readonly value: RpcValue
}

const DEEPEST = 32
const LONGEST_TEXT = 1024 * 1024
const SCALARS: ReadonlySet<string> = new Set([
  'int',
  'i4',
  'i8',
  'string',
  'boolean',
  'double',
  'dateTime.iso8601',
  'base64',
  'nil',
  'ex:nil',
])

interface Frame {
  value: RpcValue | undefined
  /** the name of the struct's member that is being read */
  member: string
}

function scalar(type: string, text: string): RpcValue {
  switch (type) {
    case 'int':
    case 'i4':
    case 'i8': {
      const number = /^\s*[+-]?\d+\s*$/.test(text) ? Number(text) : NaN
      return Number.isSafeInteger(number) ? number : NaN
    }
    case 'double':
      return text.trim() === '' ? NaN : Number(text)
    case 'boolean':
      return text.trim() === '1'
    case 'nil':
    case 'ex:nil':
      return null
    default:
      return text
  }
}

function put(parent: Frame, value: RpcValue): void {
  if (Array.isArray(parent.value)) parent.value.push(value)
  else if (parent.value instanceof Map) parent.value.set(parent.member, value)
}

/**
 * Reads an XML-RPC answer (http://xmlrpc.com/spec.md) as it arrives. Only the five entities of XML and
 * character references are resolved: a document type definition has no effect.
 * @returns `response`: undefined when the document was something else than a methodResponse
 */
export function createRpcReader(shown: string): BodyReader & { readonly response: () => RpcResponse | undefined } {
  const decoder = new TextDecoder()
  const frames: Frame[] = []
  let text = ''
  let root: string | undefined
  let kind: RpcResponse['kind'] = 'value'
  let result: RpcValue | undefined
  let complete = false
  let ended = false

  const wrong = (what: string): UpstreamError => new UpstreamError('content', `${shown}: ${what}`)
  const closeValue = (): void => {
    const frame = frames.pop()
    if (frame === undefined) return
    // A value without a type is a string.
    const value = frame.value === undefined ? text : frame.value
    const parent = frames.at(-1)
    if (parent === undefined) result = value
    else put(parent, value)
  }
  const parser = new Parser(
    {
      onopentagname(name) {
        root ??= name
        text = ''
        const top = frames.at(-1)
        if (name === 'value') frames.push({ value: undefined, member: '' })
        else if (name === 'fault') kind = 'fault'
        else if (name === 'array' && top !== undefined) top.value = []
        else if (name === 'struct' && top !== undefined) top.value = new Map()
        if (frames.length > DEEPEST) throw wrong('nested too deep')
      },
      ontext(data) {
        text += data
        if (text.length > LONGEST_TEXT) throw wrong('a text is too long')
      },
      onclosetag(name) {
        // The end of the text closes whatever is open: that does not make it whole.
        if (ended) return
        const top = frames.at(-1)
        if (name === 'value') closeValue()
        else if (name === 'name' && top !== undefined) top.member = text
        else if (SCALARS.has(name) && top !== undefined) top.value = scalar(name, text)
        else if (name === 'methodResponse') complete = true
        text = ''
      },
    },
    { xmlMode: true },
  )
  return {
    write: (chunk) => parser.write(decoder.decode(chunk, { stream: true })),
    end() {
      parser.write(decoder.decode())
      ended = true
      parser.end()
      if (root === 'methodResponse' && (!complete || result === undefined)) throw wrong('the XML-RPC answer is cut off')
    },
    response: () => (root === 'methodResponse' && result !== undefined ? { kind, value: result } : undefined),
  }
}
