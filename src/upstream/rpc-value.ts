import { XMLParser } from 'fast-xml-parser'
import { isObject } from '../model/json.js'
import { DEEPEST } from './rpc-splitter.js'

/** A value of XML-RPC; integers that do not fit are NaN, dates and base64 stay text. */
export type RpcValue = string | number | boolean | null | RpcValue[] | Map<string, RpcValue>

export interface Element {
  readonly name: string
  /** for `elementsIn` */
  readonly content: unknown
}

const TEXT = '#text'
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

const REFERENCE = /&(?:#(\d{1,7});|#x([\da-fA-F]{1,6});|(\w+);)?/g

function decodeReference(reference: string, decimal?: string, hex?: string, name = ''): string {
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
  const text = code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ENTITIES.get(name)
  if (text === undefined) throw new Error(`${reference} stands for nothing`)
  return text
}

/** Knows the entities that every XML document has, and character references; there are no others without a DTD. */
const decoder = {
  decode: (text: string): string => (text.includes('&') ? text.replace(REFERENCE, decodeReference) : text),
  setExternalEntities: () => undefined,
  addInputEntities: () => undefined,
  reset: () => undefined,
  setXmlVersion: () => undefined,
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  textNodeName: TEXT,
  entityDecoder: decoder,
  maxNestedTags: DEEPEST,
  jPath: false,
})

/**
 * What stands in a whole XML text, for `elementsIn` and `only`.
 * @throws Error when it is not well-formed, nested too deep or refers to other entities than XML's own
 */
export function parseXml(text: string): unknown {
  return parser.parse(text, true)
}

/** The elements directly within one; text between them is layout. */
export function elementsIn(content: unknown): Element[] {
  const elements: Element[] = []
  for (const node of Array.isArray(content) ? content : []) {
    if (!isObject(node)) continue
    for (const name in node) if (name !== TEXT) elements.push({ name, content: node[name] })
  }
  return elements
}

/** The text directly within an element; a CDATA section is a node of its own. */
function textIn(content: unknown): string {
  let text = ''
  for (const node of Array.isArray(content) ? content : []) {
    const some = isObject(node) ? node[TEXT] : undefined
    if (typeof some === 'string') text += some
  }
  return text
}

/** The one element within another. @throws Error when there is none, several, or one of another name */
export function only(content: unknown, ...names: string[]): Element {
  const [first, second] = elementsIn(content)
  if (first === undefined || second !== undefined || !names.includes(first.name)) {
    throw new Error(`not one ${names.join(' or ')}`)
  }
  return first
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

/** What a `<value>` says, given what stands in it. @throws Error when that is no XML-RPC */
export function toValue(content: unknown): RpcValue {
  const [type, second] = elementsIn(content)
  // A value without a type is a string.
  if (type === undefined) return textIn(content)
  if (second !== undefined) throw new Error('two types of one value')
  if (type.name === 'array') return addItems([], elementsIn(only(type.content, 'data').content))
  if (type.name === 'struct') return addItems(new Map<string, RpcValue>(), elementsIn(type.content))
  return scalar(type.name, textIn(type.content))
}

/** Adds `<value>`s to an array, `<member>`s to a struct. @throws Error when there is anything else */
export function addItems<T extends RpcValue[] | Map<string, RpcValue>>(to: T, items: readonly Element[]): T {
  for (const { name, content } of items) {
    if (Array.isArray(to) && name === 'value') to.push(toValue(content))
    else if (to instanceof Map && name === 'member') addMember(to, elementsIn(content))
    else throw new Error(`<${name}> in the wrong place`)
  }
  return to
}

function addMember(to: Map<string, RpcValue>, [name, value, third]: readonly Element[]): void {
  if (name?.name !== 'name' || value?.name !== 'value' || third !== undefined) throw new Error('a malformed member')
  to.set(textIn(name.content), toValue(value.content))
}
