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
  // What advisories say of a project is in the shape of that project alone: see shapeLookup.
  const release = filters.release.filter((filter) => filter !== filters.advisories)
  const contents = fingerprint([...filters.metadata, ...release, ...filters.releaseFile])
  const sorted = Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))
  const id = sha256([sorted, contents]).slice(0, ID_LENGTH)
  return { id, options: sorted, filters: contents }
}

/**
 * The id of the shape that a project must have: the common one, followed by a fingerprint of what advisories say of the
 * project where they name it. A new advisory so concerns only the projects that it names.
 */
export function shapeLookup(shape: Shape, { advisories }: Filters): (name: string) => string {
  if (advisories === undefined) return () => shape.id
  const { action, fingerprint: known } = advisories.advises
  return (name) => {
    const print = known(name)
    return print === '' ? shape.id : shape.id + sha256([action, print]).slice(0, ID_LENGTH)
  }
}

/** The common part of a shape's id, under which the notes have its options. */
export function commonShape(id: string): string {
  return id.slice(0, ID_LENGTH)
}

/** The part of a shape's id that comes from advisories; '' where there are none about the project. */
export function advisedShape(id: string): string {
  return id.slice(ID_LENGTH)
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
