import type { MirrorOptionSpec } from './option-spec.js'
import { propertyName } from './option-values.js'
import { MIRROR_OPTIONS } from './options/mirror.js'
import type { MirrorConfig } from './types.js'

/**
 * What the configuration says of everything that is served of a project: each option of [mirror] that shapes pages,
 * files or documents, with the canonical text of its value. Two configurations with equal shapes serve the same of
 * a project, but for what the filters drop.
 */
export function shapeOf(config: MirrorConfig): Readonly<Record<string, string>> {
  const values = new Map<string, unknown>(Object.entries(config))
  const specs: [string, MirrorOptionSpec][] = Object.entries(MIRROR_OPTIONS)
  const texts = specs.flatMap(([name, { shapes, later, default: usual }]): [string, string][] => {
    const text = canonicalText(values.get(propertyName(name)))
    return shapes === false || (later === true && text === usual) ? [] : [[name, text]]
  })
  return Object.fromEntries(texts)
}

function canonicalText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
