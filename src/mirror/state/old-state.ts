import { LAYOUT } from '../../model/layout.js'
import { isObject } from '../../model/json.js'
import { normalizeName } from '../../packaging/name.js'
import type { Storage } from '../../storage/types.js'
import type { Ledger } from './ledger.js'

const OLD_FILES = [LAYOUT.serials, LAYOUT.absent, LAYOUT.failures]

/**
 * Takes over what version 1.0 of this program noted in three files: serials of pages, projects without pages, and
 * failures. `shape`: that of the pages, '' where it is not known.
 */
export async function loadOldState(
  storage: Storage,
  ledger: Ledger,
  { shape }: { readonly shape: string },
): Promise<void> {
  for (const [name, serial] of await readSerialLines(storage, LAYOUT.serials)) ledger.setPlain(name, serial, shape)
  for (const [name, serial] of await readSerialLines(storage, LAYOUT.absent)) {
    ledger.set(name, { serial, shape, absent: 'filtered' })
  }
  for (const [rawName, { since, runs, reason }] of await readFailures(storage)) {
    const name = normalizeName(rawName)
    const entry = ledger.get(name) ?? { serial: 0, shape: '' }
    ledger.set(name, { ...entry, owed: { since, runs, next: 0, serial: entry.serial, reason } })
  }
}

/** To be called once the ledger is stored. */
export async function removeOldState(storage: Storage): Promise<void> {
  for (const key of OLD_FILES) await storage.remove(key)
}

/** Lines of `name serial`. */
async function readSerialLines(storage: Storage, key: string): Promise<[string, number][]> {
  const text = (await storage.read(key))?.toString('utf8') ?? ''
  return text.split('\n').flatMap((line): [string, number][] => {
    const [, name, serial] = /^(\S+) (\d{1,15})$/.exec(line) ?? []
    return name === undefined || serial === undefined ? [] : [[name, Number(serial)]]
  })
}

interface OldFailure {
  readonly since: number
  readonly runs: number
  readonly reason: string
}

async function readFailures(storage: Storage): Promise<[string, OldFailure][]> {
  const text = (await storage.read(LAYOUT.failures))?.toString('utf8') ?? '{}'
  const found: unknown = parseJson(text)
  return Object.entries(isObject(found) ? found : {}).flatMap(([name, value]): [string, OldFailure][] => {
    if (!isObject(value)) return []
    const { since, runs, reason } = value
    if (typeof since !== 'string' || typeof runs !== 'number' || typeof reason !== 'string') return []
    const seconds = Date.parse(since) / 1000
    return Number.isNaN(seconds) ? [] : [[name, { since: Math.floor(seconds), runs, reason }]]
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
