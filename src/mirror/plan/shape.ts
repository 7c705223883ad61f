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

/** hex digits */
export const SHAPE_ID_LENGTH = 12

export function makeShape(options: Readonly<Record<string, string>>, filters: Filters): Shape {
  const contents = fingerprint([...filters.metadata, ...filters.release, ...filters.releaseFile])
  const sorted = Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))
  const id = sha256([sorted, contents]).slice(0, SHAPE_ID_LENGTH)
  return { id, options: sorted, filters: contents }
}

/** The part of a project's shape that is the configuration's; the other part tells which files requirements need. */
export function configuredShape(shape: string): string {
  return shape.slice(0, SHAPE_ID_LENGTH)
}

/** Whether pages of this shape have only the files that requirements needed. */
export function isSelected(shape: string): boolean {
  return shape.length > SHAPE_ID_LENGTH
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
