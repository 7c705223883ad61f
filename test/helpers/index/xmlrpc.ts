import type { PackageIndex } from './package-index.js'

/** What PyPI gives of its changelog at most in one answer. */
const MAX_ROWS = 50_000

/** The method that an XML-RPC request calls; '' where it calls none. */
export function calledMethod(request: string): string {
  return /<methodName>\s*([\w.]+)\s*<\/methodName>/.exec(request)?.[1] ?? ''
}

/** Answers one of the methods for mirrors (https://docs.pypi.org/api/xml-rpc/), or with a fault. */
export function answerCall(index: PackageIndex, request: string): string {
  switch (calledMethod(request)) {
    case 'changelog_last_serial':
      return response(value(index.serial))
    case 'list_packages_with_serial':
      // with those in quarantine, unlike the simple index
      return response(value(new Map([...index.projects.values()].map(({ name, serial }) => [name, serial]))))
    case 'changelog_since_serial': {
      const since = /<(?:int|i4|i8)>\s*(-?\d+)\s*</.exec(request)?.[1]
      if (since === undefined) return fault(-32602, 'client error; serial: Input should be a valid integer')
      return response(value(index.changelog.filter(([, , , , serial]) => serial > Number(since)).slice(0, MAX_ROWS)))
    }
    default:
      return fault(-32601, 'server error; requested method not found')
  }
}

function response(result: string): string {
  return `<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n${result}</param>\n</params>\n</methodResponse>\n`
}

function fault(code: number, text: string): string {
  const members = value(
    new Map<string, unknown>([
      ['faultCode', code],
      ['faultString', text],
    ]),
  )
  return `<?xml version='1.0'?>\n<methodResponse>\n<fault>\n${members}</fault>\n</methodResponse>\n`
}

function value(of: unknown): string {
  return `<value>${typed(of)}</value>\n`
}

function typed(of: unknown): string {
  if (typeof of === 'number') return `<int>${of}</int>`
  if (typeof of === 'string') return `<string>${escape(of)}</string>`
  if (Array.isArray(of)) return `<array><data>\n${of.map(value).join('')}</data></array>`
  if (of instanceof Map) {
    const members = [...of].map(
      ([key, each]) => `<member>\n<name>${escape(String(key))}</name>\n${value(each)}</member>\n`,
    )
    return `<struct>\n${members.join('')}</struct>`
  }
  return '<nil/>'
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
