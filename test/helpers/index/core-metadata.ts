/** A core metadata document: https://packaging.python.org/specifications/core-metadata/ */
export interface CoreMetadata {
  /** the field's first value; null where it is absent or says UNKNOWN, as old setuptools did */
  readonly one: (field: string) => string | null
  /** all values of a field that may be repeated */
  readonly all: (field: string) => readonly string[]
  readonly description: string
}

/** Reads METADATA or PKG-INFO: fields with continuation lines, then the description as the body. */
export function parseCoreMetadata(bytes: Buffer): CoreMetadata {
  const text = bytes.toString('utf8').replaceAll('\r\n', '\n')
  const end = text.indexOf('\n\n')
  const head = end < 0 ? text.trimEnd() : text.slice(0, end)
  const fields = new Map<string, string[]>()
  let last: string[] = []
  for (const line of head.split('\n')) {
    const field = /^([A-Za-z0-9-]+):[ \t]?(.*)$/.exec(line)
    if (field === null) {
      // an indented line goes on with the value before it
      if (last.length > 0) last.push(`${last.pop() ?? ''}\n${line.replace(/^(?: {7}\||[ \t]+)/, '')}`)
      continue
    }
    const [, name = '', value = ''] = field
    last = fields.get(name.toLowerCase()) ?? []
    last.push(value)
    fields.set(name.toLowerCase(), last)
  }
  const all = (field: string): readonly string[] => fields.get(field.toLowerCase()) ?? []
  const one = (field: string): string | null => {
    const value = all(field)[0]
    return value === undefined || value === '' || value === 'UNKNOWN' ? null : value
  }
  return { one, all, description: end < 0 ? (one('Description') ?? '') : text.slice(end + 2) }
}

/** Writes a document. Fields come in the order given; undefined ones are left out, arrays are repeated. */
export function formatCoreMetadata(
  fields: Readonly<Record<string, string | readonly string[] | undefined>>,
  description: string,
): Buffer {
  const lines = Object.entries(fields).flatMap(([field, value]) =>
    (typeof value === 'string' ? [value] : (value ?? [])).map((each) => `${field}: ${each}\n`),
  )
  return Buffer.from(`${lines.join('')}\n${description}`)
}
