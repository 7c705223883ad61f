import { pageKeys } from '../../model/page.js'
import { normalizeName } from '../../packaging/name.js'
import type { MirrorConfig } from '../../config/types.js'
import type { Log } from '../../log/types.js'
import type { Storage } from '../../storage/types.js'
import type { Ledger } from '../state/ledger.js'
import { storedPages } from './stored.js'
import type { Owners } from './types.js'

/**
 * The projects whose name a release file may carry, from what stands before each of its hyphens: `a-b-1.0.tar.gz` is of
 * `a-b` or of `a`.
 */
export function namesakes(filename: string): string[] {
  const names: string[] = []
  for (let at = filename.indexOf('-'); at > 0; at = filename.indexOf('-', at + 1)) {
    names.push(normalizeName(filename.slice(0, at)))
  }
  return names
}

/** Whether a file carries the project's own name, as on PyPI every file does. */
export function carriesName(filename: string, name: string): boolean {
  return namesakes(filename).includes(name)
}

export interface OwnersContext {
  readonly config: MirrorConfig
  readonly storage: Storage
  readonly log: Log
  readonly ledger: () => Promise<Ledger>
  /** whether the ledger says of each project if it names foreign files; else all pages are read once */
  readonly foreignKnown: () => Promise<boolean>
}

/** Only the namesakes of a file can own it, and the projects that are known to name foreign files. */
export function createOwners(context: OwnersContext): Owners {
  let foreign: Promise<Set<string>> | undefined
  const foreignNames = async (): Promise<Set<string>> => {
    foreign ??= findForeign(context)
    return foreign
  }
  return {
    async others(key, name) {
      const ledger = await context.ledger()
      const filename = key.slice(key.lastIndexOf('/') + 1).replace(/\.metadata$/, '')
      const candidates = new Set([...namesakes(filename), ...(await foreignNames())])
      candidates.delete(name)
      const owners: string[] = []
      for (const candidate of candidates) {
        if (ledger.pageSerial(candidate) !== undefined && (await namesFile(context, candidate, key)))
          owners.push(candidate)
      }
      return owners
    },
    scanned: () => foreign !== undefined,
    note(name, isForeign) {
      void foreign?.then((names) => (isForeign ? names.add(name) : names.delete(name)))
    },
  }
}

async function namesFile({ config, storage }: OwnersContext, name: string, key: string): Promise<boolean> {
  const pages = await storedPages(storage, config, name)
  return pages.some((page) => pageKeys(page, config.rootUri).includes(key))
}

async function findForeign(context: OwnersContext): Promise<Set<string>> {
  const ledger = await context.ledger()
  const names = new Set<string>()
  const known = await context.foreignKnown()
  if (!known && ledger.size > 0)
    context.log.info('Looking once for projects that list files of others: all pages are read')
  for (const name of [...ledger.names()]) {
    const entry = ledger.get(name)
    if (entry === undefined || entry.absent !== undefined) continue
    if (entry.foreign !== true && (known || !(await listsForeign(context, ledger, name)))) continue
    names.add(name)
  }
  return names
}

/** Reads a project's pages and notes in the ledger what they say. */
async function listsForeign({ config, storage }: OwnersContext, ledger: Ledger, name: string): Promise<boolean> {
  const pages = await storedPages(storage, config, name)
  const keys = pages.flatMap((page) => pageKeys(page, config.rootUri))
  const foreign = keys.some((key) => !carriesName(key.slice(key.lastIndexOf('/') + 1), name))
  const entry = ledger.get(name)
  if (foreign && entry !== undefined) ledger.set(name, { ...entry, foreign: true })
  return foreign
}
