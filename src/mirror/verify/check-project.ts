import { apiDocument, writeApiDocument } from '../project/api-document.js'
import { BandersnatchError, errorText } from '../../errors.js'
import { keepsMetadata, sift } from '../../filters/apply.js'
import { expectedFiles } from '../../model/expected.js'
import type { FileSpec } from '../../model/files.js'
import { jsonKey, pypiJsonKey } from '../../model/layout.js'
import { releaseFiles } from '../../model/project.js'
import { withoutFiles } from '../../model/without-files.js'
import { pageDirectories } from '../project/stored.js'
import type { LedgerEntry } from '../state/ledger-entry.js'
import { askedItem } from '../plan/asked-item.js'
import { madeWith } from '../plan/shape.js'
import type { WorkItem } from '../plan/types.js'
import { whollyBlocked } from '../project/blocked.js'
import { carriesName } from '../project/owners.js'
import { expectedOptions } from '../project/store-project.js'
import { filtersFor } from '../project/page-filters.js'
import { timeless } from '../project/strict.js'
import { syncProject } from '../project/sync-project.js'
import { withheldOf } from '../project/withheld.js'
import type { Context } from '../run/context.js'
import { nextEntry, nextOwed } from '../run/next-entry.js'
import type { Removal } from '../run/report.js'
import { failureText } from '../run/outcome.js'
import { UNWANTED, WITHDRAWN } from '../run/work-result.js'
import type { Withdrawal } from '../run/work-result.js'
import { repairFiles } from './check-files.js'
import { repairPages, wrongPages } from './check-pages.js'
import { findSource, servedProject } from './source.js'
import type { Source } from './source.js'
import type { Verifying } from './types.js'
import { unlessWithheld } from './unless-withheld.js'
import { provenanceDoubt, provenanceSettled } from './check-provenance.js'
import { upstreamSpecs } from './upstream-specs.js'

/** Checks one project: document, pages and files, and repairs what is wrong. Returns whether all of it is right now. */
export async function checkProject(verifying: Verifying, name: string): Promise<boolean> {
  const { context, ledger } = verifying
  const entry = ledger.get(name)
  // What is owed of a project is not on its page: only upstream knows it.
  const owed = entry?.absent === undefined ? entry?.owed : undefined
  const source: Source =
    owed === undefined ? await findSource(context, { name, entry }) : { kind: 'ask', why: owed.reason }
  if (source.kind === 'ask') return askUpstream(verifying, name, source.why)
  if (context.config.json) context.report.verified.documents += 1
  // Edited options and filters take effect in the next mirror run: until then what is served counts.
  if (entry !== undefined && entry.shape !== '' && entry.shape !== context.shapeOf(name))
    return checkServed(verifying, name)
  if (!keepsMetadata(filtersFor(context.filters, { fromPage: source.kind === 'page' }), source.project)) {
    withdraw(verifying, { item: askItem(verifying, name), absent: 'filtered', withheld: {}, ...FILTERED })
    return true
  }
  const bad = whollyBlocked(context, source.project)
  if (bad !== undefined) {
    withdraw(verifying, {
      item: askItem(verifying, name),
      absent: 'blocked',
      withheld: {},
      reason: bad,
      by: 'advisories',
    })
    return true
  }
  return checkStored(verifying, source)
}

const FILTERED = { reason: UNWANTED, by: 'admin' } as const

async function askUpstream(verifying: Verifying, name: string, why: string): Promise<boolean> {
  const { context, options } = verifying
  context.report.verified.documents += 1
  if (options.dryRun) return planAsk(context, name, why)
  context.log.warn(`${name}: ${why}; fetching it from upstream`)
  return askAnew(verifying, askItem(verifying, name))
}

const INCOMPLETE = 'the page that tells most of it is missing or damaged'

/**
 * Whether a page is one that cannot be made from the others: HTML pages do not tell all that JSON pages say, and JSON
 * pages of version 1.1 do not give the reason of a yank.
 */
function isSource({ config }: Context, key: string): boolean {
  const [own] = pageDirectories(key.split('/').at(-2) ?? '', config.hashIndex)
  if (!key.startsWith(`${own}/`) || config.simpleFormat === 'HTML') return false
  return key.endsWith('.v1_json') || (config.simpleFormat === 'ALL' && config.simpleApiVersion === '1.1')
}

/** Checks pages and files of a project that the mirror itself can tell. @throws BandersnatchError for files that are still missing */
async function checkStored(verifying: Verifying, source: Exclude<Source, { kind: 'ask' }>): Promise<boolean> {
  const { context, options, owned, ledger, journal } = verifying
  const { project } = source
  const fromPage = source.kind === 'page'
  const { config, report, log, storage } = context
  const { name } = project
  const known = filtersFor(context.filters, { fromPage })
  const filters = fromPage && !source.tellsTimes ? timeless(known) : known
  const sifted = sift(filters, project)
  const wanted = sifted.project
  const specs = config.releaseFiles ? expectedFiles(wanted, expectedOptions(context)) : []
  for (const spec of specs) owned.add(spec.key)
  const doubt = await provenanceDoubt(verifying, wanted)
  if (doubt !== undefined) return (await askUpstream(verifying, name, doubt)) && provenanceSettled(verifying, name)
  const complete = fromPage ? upstreamSpecs(context, name) : async (spec: FileSpec): Promise<FileSpec> => spec
  const failed = await repairFiles(verifying, name, { specs, complete })
  const served = withoutFiles(wanted, new Set(failed.keys()))
  const wrong = await wrongPages(context, served)
  if (fromPage && failed.size === 0 && wrong.some((key) => isSource(context, key)))
    return askUpstream(verifying, name, INCOMPLETE)
  report.verified.pages += 1
  await checkCopy(verifying, name)
  for (const key of wrong) {
    if (options.dryRun) log.info(`[DRY RUN] would write ${storage.location(key)} anew`)
    else
      log.warn(
        `${storage.location(key)} is missing, damaged, stale or no longer configured: the pages are written anew`,
      )
  }
  report.pagesRepaired += wrong.length
  if (options.dryRun) {
    report.planned.pages.push(...wrong.map((key) => storage.location(key)))
    return failed.size === 0
  }
  if (wrong.length > 0) {
    await journal?.begin([name])
    await repairPages(context, served)
  }
  const reason = failureText([...failed.values()])
  const item = askItem(verifying, name)
  // What is served does not tell what is held back.
  const isPartial = fromPage || context.attestations !== undefined
  const foreign = releaseFiles(served).some(({ filename }) => !carriesName(filename, name))
  const entry: LedgerEntry = {
    serial: project.lastSerial,
    shape: context.shapeOf(name),
    ...(project.rawName === name ? {} : { rawName: project.rawName }),
    ...(foreign ? { foreign: true } : {}),
    ...withheldOf(context, sifted, isPartial ? item.entry : {}),
    ...(reason === undefined ? {} : { owed: nextOwed(context, item, { reason }) }),
  }
  ledger.set(name, entry)
  if (wrong.length > 0) await journal?.finished(name, entry)
  if (reason !== undefined) throw new BandersnatchError(reason)
  return true
}

/** Checks the files that the served pages name. */
async function checkServed(verifying: Verifying, name: string): Promise<boolean> {
  const { context, owned, ledger, notes } = verifying
  const project = await servedProject(context, { name, rawName: ledger.get(name)?.rawName ?? name })
  if (project === undefined) return askAnew(verifying, askItem(verifying, name))
  const made = madeWith(notes.shapes, ledger.get(name)?.shape ?? '')
  const hasFiles = made?.['release-files'] === 'true'
  const specs = hasFiles
    ? expectedFiles(project, { ...expectedOptions(context), coreMetadata: made['core-metadata'] === 'true' })
    : []
  for (const spec of specs) owned.add(spec.key)
  context.report.verified.pages += 1
  const complete = unlessWithheld(context, project, upstreamSpecs(context, name))
  const failed = await repairFiles(verifying, name, { specs, complete })
  const [reason] = failed.values()
  if (reason !== undefined) throw new BandersnatchError(reason)
  return true
}

/** 8.0's second copy of the metadata document. */
async function checkCopy({ context, options }: Verifying, name: string): Promise<void> {
  const { storage, config, report } = context
  if (!config.json) return
  const [document, copy] = [await storage.read(jsonKey(name)), await storage.read(pypiJsonKey(name))]
  if (document === undefined || copy?.equals(apiDocument(config, name, document)) === true) return
  report.documentsRepaired += 1
  if (options.dryRun) report.planned.pages.push(storage.location(pypiJsonKey(name)))
  else await writeApiDocument(context, name)
}

function planAsk({ report, storage, log }: Context, name: string, why: string): boolean {
  log.info(`[DRY RUN] would ask upstream for ${name}: ${why}`)
  report.planned.pages.push(storage.location(jsonKey(name)))
  return true
}

/** The project as upstream has it, stored like in a `mirror` run. */
export async function askAnew(verifying: Verifying, item: WorkItem): Promise<boolean> {
  const { context, ledger, owned } = verifying
  const { report } = context
  await verifying.journal?.begin([item.name])
  const outcome = await syncProject(context, item)
  if (outcome.kind === 'missing' && !(await verifying.listed(item.name))) {
    withdraw(verifying, { item, absent: 'gone', reason: WITHDRAWN, by: 'upstream' })
    return true
  }
  if (outcome.kind === 'empty') {
    withdraw(verifying, { item, absent: 'empty', reason: WITHDRAWN, by: 'upstream' })
    return true
  }
  if (outcome.kind === 'filtered' || outcome.kind === 'blocked') {
    const { kind: absent, withheld } = outcome
    const why = absent === 'blocked' ? ({ reason: outcome.reason, by: 'advisories' } as const) : FILTERED
    withdraw(verifying, { item, absent, withheld, ...why })
    return true
  }
  const entry = nextEntry(context, item, outcome)
  if (entry !== 'unchanged') {
    ledger.set(item.name, entry)
    await verifying.journal?.finished(item.name, entry)
  }
  if (outcome.kind === 'synced') {
    report.documentsRepaired += 1
    report.pagesRepaired += outcome.changed.filter((key) => key.startsWith('web/simple/')).length
    for (const key of outcome.changed) if (/^web\/(?:packages|integrity)\//.test(key)) owned.add(key)
    if (outcome.owed === undefined) return true
  }
  throw new BandersnatchError(failureOf(outcome))
}

function failureOf(outcome: Awaited<ReturnType<typeof syncProject>>): string {
  if (outcome.kind === 'synced') return outcome.owed ?? ''
  if (outcome.kind === 'missing') return 'upstream lists it, but answers 404 for its metadata and its page'
  return 'reason' in outcome ? outcome.reason : errorText(outcome.kind)
}

function withdraw({ withdrawn }: Verifying, why: Omit<Withdrawal, 'removal'> & Omit<Removal, 'project'>): void {
  const { item, absent, withheld = {}, ...removal } = why
  withdrawn.push({ item, absent, withheld, removal: { project: item.name, ...removal } })
}

export function askItem({ ledger, notes }: Verifying, name: string): WorkItem {
  const entry = ledger.get(name)
  const made = entry === undefined ? undefined : madeWith(notes.shapes, entry.shape)
  return askedItem({ name, rawName: entry?.rawName ?? name }, entry, made)
}
