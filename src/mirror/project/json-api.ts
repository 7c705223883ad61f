import { ConfigError, UpstreamError } from '../../errors.js'
import type { Filters } from '../../filters/types.js'
import type { MetadataDocument } from '../../upstream/types.js'
import type { Context } from '../run/context.js'
import { askAgain } from '../run/ask-again.js'
import type { RunNotes } from '../state/run-notes.js'

const WITNESSES = 3
/** By which a server says that it has nothing there: static hosts answer 403 to what they do not have. */
const NOTHING_THERE: ReadonlySet<number | undefined> = new Set([403, 405, 410, 501])

/** Tells the run what the one before it found out, and whom to ask where that is nothing. */
export function recallJsonApi({ jsonApi, upstream }: Context, notes: RunNotes, names: Iterable<string>): void {
  if (notes.jsonApiAt === upstream.url) jsonApi.offered ??= true
  if (jsonApi.offered !== undefined) return
  const witnesses: string[] = []
  for (const name of names) if (witnesses.push(name) > WITNESSES) break
  jsonApi.witnesses = witnesses
}

/** A project's metadata document; 'gone' where upstream has none, or no JSON API at all. @throws UpstreamError */
export async function askDocument(
  context: Context,
  rawName: string,
  required: number,
): Promise<MetadataDocument | 'gone'> {
  const { jsonApi, upstream } = context
  if (jsonApi.offered === false) return 'gone'
  try {
    const document = await askAgain(context, 'project', () => upstream.metadata(rawName, required))
    if (document !== 'gone') jsonApi.offered = true
    return document
  } catch (error) {
    if (jsonApi.offered === undefined && error instanceof UpstreamError && NOTHING_THERE.has(error.status))
      return 'gone'
    throw error
  }
}

/**
 * Whether upstream has a JSON API although it has no document of this project, which has a page.
 * @throws ConfigError where there is none and an enabled filter needs it
 */
export async function offersJsonApi(context: Context, rawName: string): Promise<boolean> {
  const { jsonApi } = context
  if (jsonApi.offered === undefined) jsonApi.deciding ??= decide(context, rawName)
  // Everybody who asks meets what the decision throws.
  return jsonApi.deciding ?? jsonApi.offered === true
}

async function decide(context: Context, rawName: string): Promise<boolean> {
  const { jsonApi, log, filters } = context
  for (const witness of jsonApi.witnesses) {
    if (jsonApi.offered === undefined && witness !== rawName) await askDocument(context, witness, 0)
  }
  if (jsonApi.offered === undefined) {
    jsonApi.offered = false
    log.warn('Upstream has no JSON API: mirroring by its simple pages, with versions from the filenames')
    refuseMetadataFilters(filters)
  }
  return jsonApi.offered
}

/** @throws ConfigError where a filter reads what simple pages do not tell */
export function refuseMetadataFilters(filters: Filters): void {
  if (!filters.needsMetadata) return
  const names = [...filters.metadata, ...filters.release, ...filters.releaseFile]
    .filter((filter) => filter.pageSuffices !== true)
    .map((filter) => filter.name)
  throw new ConfigError(
    `[plugins] enabled: ${names.join(', ')} cannot work, as what it reads is only in PyPI's JSON API, ` +
      'and the metadata comes from simple pages, because the master has nothing else or metadata = simple is set',
  )
}
