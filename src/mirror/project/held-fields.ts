import type { Sifted } from '../../filters/apply.js'
import { heldKey } from '../../model/layout.js'
import { field, isObject, parseJsonObject } from '../../model/json.js'
import type { JsonObject, PageFields, Project } from '../../model/project.js'
import type { Storage } from '../../storage/types.js'
import type { Context } from '../run/context.js'
import type { FetchedProject } from './fetch-project.js'

/**
 * What only upstream's page says of files that are held back. With it and the stored document, pages are made without a
 * request when the files are due.
 */
interface HeldFields {
  readonly serial: number
  /** filename -> URL of its attestations, null where upstream says that there are none, false where it does not say */
  readonly provenance: Readonly<Record<string, string | null | false>>
}

export interface HeldNow {
  readonly sifted: Sifted
  /** files that were held back before, as the ledger says */
  readonly before: number | undefined
}

/** Keeps what pages say of files that are held back, and drops it when there are none. */
export async function keepHeldFields(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  { project, stored = false }: FetchedProject,
  { sifted: { held }, before }: HeldNow,
): Promise<void> {
  if (!config.json) return
  const key = heldKey(project.name)
  if (held.length === 0) {
    if (before !== undefined) await storage.remove(key)
    return
  }
  const { page, lastSerial: serial } = project
  if (page === undefined || config.simpleApiVersion === '1.1' || config.integrityUrl !== undefined) return
  const kept = await readHeldFields(storage, project)
  const provenance = held.flatMap((filename): [string, string | null | false][] => {
    const url = page.provenance.get(filename)
    if (url !== undefined) return [[filename, url]]
    const known = kept?.[filename]
    // A page of the mirror says nothing of files that it does not have.
    if (stored) return known === undefined ? [] : [[filename, known]]
    return [[filename, false]]
  })
  const fields: HeldFields = { serial, provenance: Object.fromEntries(provenance) }
  await storage.write(key, `${JSON.stringify(fields)}\n`)
}

/** The fields of a stored page with those of files that were held back; undefined where one of `gained` is not known. */
export async function withHeldFields(
  storage: Storage,
  project: Pick<Project, 'name' | 'lastSerial'>,
  { fields, gained }: { readonly fields: PageFields; readonly gained: readonly string[] },
): Promise<PageFields | undefined> {
  const kept = await readHeldFields(storage, project)
  const provenance = new Map(fields.provenance)
  for (const filename of gained) {
    const url = kept?.[filename]
    if (url === undefined) return undefined
    if (url !== false) provenance.set(filename, url)
  }
  return { ...fields, provenance }
}

async function readHeldFields(
  storage: Storage,
  { name, lastSerial }: Pick<Project, 'name' | 'lastSerial'>,
): Promise<HeldFields['provenance'] | undefined> {
  const body = await storage.read(heldKey(name))
  const json = body === undefined ? undefined : parseJsonObject(body)
  if (json === undefined || field(json, 'serial') !== lastSerial) return undefined
  const given = field(json, 'provenance')
  return isObject(given) ? readProvenance(given) : undefined
}

function readProvenance(given: JsonObject): HeldFields['provenance'] {
  return Object.fromEntries(
    Object.entries(given).filter(
      (pair): pair is [string, string | null | false] =>
        typeof pair[1] === 'string' || pair[1] === null || pair[1] === false,
    ),
  )
}
