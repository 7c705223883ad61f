import type { RpcValue } from '../../src/upstream/rpc-value.js'

function escape(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

/** A value as an XML-RPC server writes it. */
export function xml(value: RpcValue | undefined): string {
  if (value === null) return '<value><nil/></value>'
  if (typeof value === 'number') return `<value><int>${value}</int></value>`
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>`
  if (typeof value === 'string') return `<value><string>${escape(value)}</string></value>`
  if (Array.isArray(value)) return `<value><array><data>\n${value.map(xml).join('\n')}</data></array></value>`
  const members = [...(value ?? [])].map(
    ([name, item]) => `<member>\n<name>${escape(name)}</name>\n${xml(item)}</member>`,
  )
  return `<value><struct>${members.join('\n')}</struct></value>`
}

export const HEAD = "<?xml version='1.0'?>\n<methodResponse>\n"
export const success = (value: RpcValue): string =>
  `${HEAD}<params>\n<param>\n${xml(value)}\n</param>\n</params>\n</methodResponse>\n`
export const fault = (code: number, text: string): string =>
  `${HEAD}<fault>\n${xml(
    new Map<string, RpcValue>([
      ['faultCode', code],
      ['faultString', text],
    ]),
  )}</fault>\n</methodResponse>`
