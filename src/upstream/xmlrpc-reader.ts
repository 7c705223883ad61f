import { UpstreamError } from '../errors.js'
import { createRpcSplitter } from './rpc-splitter.js'
import { addItems, elementsIn, only, parseXml, toValue } from './rpc-value.js'
import type { RpcValue } from './rpc-value.js'
import type { BodyReader } from './types.js'

export interface RpcResponse {
  readonly kind: 'value' | 'fault'
  readonly value: RpcValue
}

/**
 * Reads an XML-RPC answer (http://xmlrpc.com/spec.md) as it arrives: of a long list, neither the text nor its
 * elements are ever in memory together. A document type is refused.
 * @returns `response`: undefined when the document was something else than a methodResponse
 */
export function createRpcReader(shown: string): BodyReader & { readonly response: () => RpcResponse | undefined } {
  const decodeBytes = new TextDecoder()
  let list: RpcValue[] | Map<string, RpcValue> | undefined
  let result: RpcResponse | undefined

  const parse = <T>(text: string, convert: (content: unknown) => T): T => {
    try {
      return convert(parseXml(text))
    } catch (cause) {
      throw new UpstreamError('content', `${shown}: not a valid XML-RPC answer`, undefined, { cause })
    }
  }
  const splitter = createRpcSplitter((text) => {
    parse(`<items>${text}</items>`, (content) => {
      const items = elementsIn(only(content, 'items').content)
      list ??= items[0]?.name === 'member' ? new Map<string, RpcValue>() : []
      addItems(list, items)
    })
  }, shown)
  const toResponse = (content: unknown): RpcResponse => {
    const inner = only(only(content, 'methodResponse').content, 'params', 'fault')
    if (inner.name === 'fault') return { kind: 'fault', value: toValue(only(inner.content, 'value').content) }
    const value = toValue(only(only(inner.content, 'param').content, 'value').content)
    if (list !== undefined && Array.isArray(list) !== Array.isArray(value)) throw new Error('items of another kind')
    return { kind: 'value', value: list ?? value }
  }
  return {
    write: (chunk) => splitter.write(decodeBytes.decode(chunk, { stream: true })),
    end() {
      splitter.write(decodeBytes.decode())
      const around = splitter.end()
      if (around !== undefined) result = parse(around, toResponse)
    },
    response: () => result,
  }
}
