import { field, isObject } from '../model/json.js'
import { formatPublisher } from './publisher.js'
import type { Publisher } from './types.js'

/** A publisher of a project as files showed it. Times are upload times, milliseconds since the epoch. */
export interface SeenPublisher {
  /** as `formatPublisher` spells it */
  readonly publisher: string
  readonly first: number
  readonly last: number
}

/** What is remembered of a project. Plain JSON. */
export interface PublisherMemory {
  readonly publishers: readonly SeenPublisher[]
  /** a file without attestations was reported and no attested one has come since */
  readonly lost: boolean
}

/** What a new file of the project showed. */
export interface Sighting {
  readonly filename: string
  /** milliseconds since the epoch; where upstream does not say, give the time of the run */
  readonly uploaded: number
  /** of the verified attestations; undefined: the file has none */
  readonly publisher: Publisher | undefined
  /** the publisher is one that `[attestations] publishers` names for the project: no change then */
  readonly expected: boolean
}

export type PublisherWarning =
  | { readonly kind: 'change'; readonly filename: string; readonly before: string; readonly now: string }
  | { readonly kind: 'loss'; readonly filename: string; readonly before: string }

export interface Remembered {
  /** the same object where nothing changed */
  readonly memory: PublisherMemory
  readonly warning: PublisherWarning | undefined
  /** `on-change = refuse`: the file must not be mirrored */
  readonly refuse: boolean
}

export const NO_PUBLISHERS: PublisherMemory = { publishers: [], lost: false }

/**
 * Compares a file with the publishers that the project had when it was uploaded, and remembers its own. Files may
 * come in any order: what is older than the first attested file is history and no change. A loss is told once until
 * an attested file comes. With `refuse` nothing of a refused file is remembered, so it is refused in every run.
 */
export function remember(memory: PublisherMemory, sighting: Sighting, onChange: 'warn' | 'refuse'): Remembered {
  const { publisher, filename } = sighting
  const before = latestBefore(memory, sighting.uploaded)
  const refuse = onChange === 'refuse'
  if (publisher === undefined) {
    if (before === undefined) return { memory, warning: undefined, refuse: false }
    if (refuse) return { memory, warning: { kind: 'loss', filename, before }, refuse }
    const warning = memory.lost ? undefined : ({ kind: 'loss', filename, before } as const)
    return { memory: memory.lost ? memory : { ...memory, lost: true }, warning, refuse }
  }
  const now = formatPublisher(publisher)
  const isKnown = memory.publishers.some((seen) => seen.publisher === now)
  if (isKnown || before === undefined || sighting.expected) {
    return { memory: withSighting(memory, now, sighting.uploaded), warning: undefined, refuse: false }
  }
  const kept = refuse ? memory : withSighting(memory, now, sighting.uploaded)
  return { memory: kept, warning: { kind: 'change', filename, before, now }, refuse }
}

/** The publisher that was seen last among those that already published at that time. */
function latestBefore({ publishers }: PublisherMemory, time: number): string | undefined {
  const earlier = publishers.filter(({ first }) => first <= time)
  return earlier.reduce<SeenPublisher | undefined>((a, b) => (a === undefined || b.last > a.last ? b : a), undefined)
    ?.publisher
}

function withSighting(memory: PublisherMemory, publisher: string, time: number): PublisherMemory {
  const known = memory.publishers.find((seen) => seen.publisher === publisher)
  if (known !== undefined && !memory.lost && known.first <= time && time <= known.last) return memory
  const first = Math.min(known?.first ?? time, time)
  const last = Math.max(known?.last ?? time, time)
  const others = memory.publishers.filter((seen) => seen.publisher !== publisher)
  return { publishers: [...others, { publisher, first, last }], lost: false }
}

/** The text of a warning, to follow the file's name. */
export function publisherWarningText(warning: PublisherWarning): string {
  const who = warning.kind === 'loss' ? 'it has no attestation' : `it was published by ${warning.now}`
  return `${who}; earlier files were published by ${warning.before}`
}

/** Reads what was stored of a project; undefined where it is damaged. */
export function parsePublisherMemory(value: unknown): PublisherMemory | undefined {
  if (!isObject(value)) return undefined
  const [publishers, lost] = [field(value, 'publishers'), field(value, 'lost')]
  if (!Array.isArray(publishers) || typeof lost !== 'boolean') return undefined
  const parsed = publishers.map(parseSeen)
  return parsed.every((seen) => seen !== undefined) ? { publishers: parsed, lost } : undefined
}

function parseSeen(value: unknown): SeenPublisher | undefined {
  if (!isObject(value)) return undefined
  const [publisher, first, last] = [field(value, 'publisher'), field(value, 'first'), field(value, 'last')]
  const isSeen = typeof publisher === 'string' && Number.isFinite(first) && Number.isFinite(last)
  return isSeen && typeof first === 'number' && typeof last === 'number' ? { publisher, first, last } : undefined
}
