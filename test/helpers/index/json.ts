/**
 * JSON with sorted keys and a newline, as PyPI sends it. Maps are objects too: their keys may look like numbers,
 * which a JavaScript object would put first.
 */
export function toJson(value: unknown): string {
  return `${sorted(value)}\n`
}

function sorted(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value)
  const members = entries.map(([key, each]): [string, unknown] => [String(key), each])
  members.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, each]) => `${JSON.stringify(key)}:${sorted(each)}`).join(',')}}`
}
