import { createHash } from 'node:crypto'
import type { Filters } from '../../filters/types.js'

/**
 * What the configuration makes of a project: the options that shape pages and files, and the filters that choose
 * releases and files. Two configurations with one `id` serve the same of every project.
 */
export interface Shape {
  /** 12 hex digits */
  readonly id: string
  /** option -> its value, of every option that shapes what is served (config/shape.ts) */
  readonly options: Readonly<Record<string, string>>
  /** fingerprint of the metadata, release and release file filters */
  readonly filters: string
}

const ID_LENGTH = 12

export function makeShape(options: Readonly<Record<string, string>>, filters: Filters): Shape {
  const contents = fingerprint([...filters.metadata, ...filters.release, ...filters.releaseFile])
  const sorted = Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))
  const id = sha256([sorted, contents]).slice(0, ID_LENGTH)
  return { id, options: sorted, filters: contents }
}

/** Fingerprint of the filters that choose projects by name: they decide what is mirrored, not how. */
export function projectFiltersOf(filters: Filters): string {
  return fingerprint(filters.project)
}

function fingerprint(filters: readonly { readonly name: string; readonly settings: unknown }[]): string {
  return sha256(filters.map(({ name, settings }) => [name, settings]))
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
