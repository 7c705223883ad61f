import { field, isObject } from '../../model/json.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'

/** What was told of something that is wrong. Times are milliseconds since the epoch. */
export interface ToldFact {
  /** since when it is wrong */
  readonly since: number
  /** when it was told last */
  readonly told: number
  /** when a run saw it last */
  readonly seen: number
  /** it was told, and not yet that it is over */
  readonly open: boolean
}

/** by the key of the fact: `failure NAME`, `stopped 7`, `line TEXT` */
export type Told = ReadonlyMap<string, ToldFact>

/** Reads `.bandersnatch/told.json`. What cannot be read is told once more. */
export async function loadTold(storage: Storage): Promise<Told> {
  const text = (await storage.read(LAYOUT.told))?.toString('utf8')
  if (text === undefined) return new Map()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return new Map()
  }
  if (!isObject(value)) return new Map()
  return new Map(
    Object.entries(value).flatMap(([key, fact]): [string, ToldFact][] => {
      const parsed = parseFact(fact)
      return parsed === undefined ? [] : [[key, parsed]]
    }),
  )
}

/** Writes what changed; without anything to remember there is no file. */
export async function saveTold(storage: Storage, told: Told, before: Told): Promise<void> {
  const text = toldText(told)
  if (text === toldText(before)) return
  if (told.size === 0) await storage.remove(LAYOUT.told)
  else await storage.write(LAYOUT.told, text)
}

function toldText(told: Told): string {
  return `${JSON.stringify(Object.fromEntries(told), null, 1)}\n`
}

function parseFact(value: unknown): ToldFact | undefined {
  if (!isObject(value)) return undefined
  const [since, told, seen] = ['since', 'told', 'seen'].map((name) => field(value, name))
  if (typeof since !== 'number' || typeof told !== 'number' || typeof seen !== 'number') return undefined
  return { since, told, seen, open: field(value, 'open') === true }
}
