import { createHash } from 'node:crypto'
import type { Filters } from '../../filters/types.js'

/**
 * What the configuration makes of projects: the options that shape pages and files, and the filters that choose releases
 * and files. Two configurations with one `id` serve the same of every project of which nothing more is said.
 */
export interface Shape {
  /** 12 hex digits */
  readonly id: string
  /** option -> its value, of every option that shapes what is served (config/shape.ts) */
  readonly options: Readonly<Record<string, string>>
  /** fingerprint of the metadata, release and release file filters */
  readonly filters: string
  /** fingerprint of what the configuration says of single projects; undefined where it says nothing */
  readonly single: string | undefined
}

/** Under which a shape's filters are noted beside its options. */
export const FILTERS_KEY = 'filters'

/** A shape as it is noted: option -> value. */
type ShapeTexts = Readonly<Record<string, string>>

/** @param settings by normalized name: what the configuration says of single projects */
export function makeShape(
  options: Readonly<Record<string, string>>,
  filters: Filters,
  settings: ReadonlyMap<string, string> = new Map(),
): Shape {
  // What advisories say of a project is in the shape of that project alone: see shapeLookup.
  const release = filters.release.filter((filter) => filter !== filters.advisories)
  const contents = fingerprint([...filters.metadata, ...release, ...filters.releaseFile])
  const sorted = Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    id: sha256([sorted, contents]).slice(0, 12),
    options: sorted,
    filters: contents,
    single: settings.size === 0 ? undefined : sha256([...settings].sort()),
  }
}

/** The options and filters of a shape, as they are noted under its id for later runs. */
export function shapeTexts({ options, filters }: Shape): ShapeTexts {
  return { ...options, [FILTERS_KEY]: filters }
}

/**
 * What shapes single projects beside the configuration as a whole: publishers in [attestations], files that requirements
 * need, what advisories say.
 */
export const OWN_PARTS = ['publishers', 'selection', 'advisories'] as const
export type OwnPart = (typeof OWN_PARTS)[number]

/** For each part: what it says of a project, '' where that is nothing. Equal texts shape alike. */
export type OwnTexts = Readonly<Partial<Record<OwnPart, (name: string) => string>>>

/**
 * The id of the shape that a project's pages must have: that of the configuration, then for each part that says something
 * of the project a dot, the part's first letter and a fingerprint. So a change of one part concerns only the projects
 * that it speaks of.
 */
export function shapeLookup({ id }: Shape, texts: OwnTexts): (name: string) => string {
  const parts = OWN_PARTS.flatMap((part) => {
    const textOf = texts[part]
    return textOf === undefined ? [] : [{ mark: markOf(part), textOf }]
  })
  if (parts.length === 0) return () => id
  return (name) => {
    let whole = id
    for (const { mark, textOf } of parts) {
      const text = textOf(name)
      if (text !== '') whole += mark + sha256(text).slice(0, 10)
    }
    return whole
  }
}

/** The part of a project's shape that is the configuration's, under which its options are noted. */
export function commonShape(id: string): string {
  const dot = id.indexOf('.')
  return dot < 0 ? id : id.slice(0, dot)
}

/** The fingerprint of what a part said of a project when its pages were made; '' where that was nothing. */
export function ownShape(id: string, part: OwnPart): string {
  const mark = markOf(part)
  const at = id.indexOf(mark)
  return at < 0 ? '' : id.slice(at + mark.length).replace(/\..*/, '')
}

function markOf(part: OwnPart): string {
  return `.${part.charAt(0)}`
}

/** What pages of a shape were made with: its options and filters, and the fingerprints of its parts. */
export function madeWith(shapes: Readonly<Record<string, ShapeTexts>>, id: string): ShapeTexts | undefined {
  const common = shapes[commonShape(id)]
  if (common === undefined) return undefined
  const publishers = ownShape(id, 'publishers')
  return publishers === '' ? common : { ...common, publishers }
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
