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
  /** by normalized name: projects of which the configuration says more, each with a shape of its own */
  readonly single: ReadonlyMap<string, SingleShape>
}

export interface SingleShape {
  readonly id: string
  /** what the configuration says of the project beside */
  readonly settings: string
}

/** Under which a shape's filters are noted beside its options, and the settings of a single project. */
export const FILTERS_KEY = 'filters'
const SETTINGS_KEY = 'publishers'

/** A shape as people read it: option -> value. */
type ShapeTexts = Readonly<Record<string, string>>

const ID_LENGTH = 12

/** @param settings by normalized name: what the configuration says of single projects */
export function makeShape(
  options: Readonly<Record<string, string>>,
  filters: Filters,
  settings: ReadonlyMap<string, string> = new Map(),
): Shape {
  // What advisories say of a project is in the shape of that project alone: see shapeIds.
  const release = filters.release.filter((filter) => filter !== filters.advisories)
  const contents = fingerprint([...filters.metadata, ...release, ...filters.releaseFile])
  const sorted = Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))
  const id = sha256([sorted, contents]).slice(0, ID_LENGTH)
  const single = new Map(
    [...settings].map(
      ([name, text]) => [name, { id: sha256([id, text]).slice(0, ID_LENGTH), settings: text }] as const,
    ),
  )
  return { id, options: sorted, filters: contents, single }
}

/**
 * The id of the shape that a project's pages must have: that of the configuration, followed by a fingerprint of what
 * advisories say of the project where they name it. A new advisory so concerns only the projects that it names.
 */
export function shapeIds({ id, single }: Shape, { advisories }: Pick<Filters, 'advisories'>): (name: string) => string {
  const configured = single.size === 0 ? (): string => id : (name: string) => single.get(name)?.id ?? id
  if (advisories === undefined) return configured
  const { action, fingerprint: known } = advisories.advises
  return (name) => {
    const print = known(name)
    return print === '' ? configured(name) : configured(name) + sha256([action, print]).slice(0, ID_LENGTH)
  }
}

/** The shape that a project's pages must have, as it is noted. */
export function shapeTexts({ options, filters, single }: Shape, name?: string): ShapeTexts {
  const own = name === undefined ? undefined : single.get(name)
  return { ...options, [FILTERS_KEY]: filters, ...(own === undefined ? {} : { [SETTINGS_KEY]: own.settings }) }
}

/** Every shape of today, as they are noted for later runs: by id. */
export function notedShapes(shape: Shape): Readonly<Record<string, ShapeTexts>> {
  const ofSingle = [...shape.single].map(([name, { id }]) => [id, shapeTexts(shape, name)] as const)
  return Object.fromEntries([[shape.id, shapeTexts(shape)], ...ofSingle])
}

/** Fingerprint of what the configuration says of single projects; undefined where it says nothing. */
export function singleSettings({ single }: Shape): string | undefined {
  if (single.size === 0) return undefined
  return sha256([...single].map(([name, { settings }]) => [name, settings]).sort())
}

/** The part of a shape's id that comes from the configuration: the notes have its options under it. */
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
