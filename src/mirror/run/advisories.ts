import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAdvisoryIndex } from '../../advisories/advisory-index.js'
import type { AdvisoryIndex } from '../../advisories/advisory-index.js'
import { readFeed } from '../../advisories/feed.js'
import { isFor, settleFeed } from '../../advisories/settle.js'
import type { FeedAnswer } from '../../advisories/settle.js'
import { parseSnapshot, snapshotChunks } from '../../advisories/snapshot.js'
import type { AdvisorySnapshot } from '../../advisories/snapshot.js'
import { BandersnatchError, ConfigError, InvalidDocumentError, errorText } from '../../errors.js'
import type { AdvisoryLookup } from '../../filters/context.js'
import type { AdvisorySource, Filters } from '../../filters/types.js'
import type { Log } from '../../log/types.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'
import type { HttpClient } from '../../upstream/types.js'
import type { Context } from './context.js'

/** Bytes of a database as it comes. OSV's all.zip for PyPI has a tenth of that. */
const LARGEST_DATABASE = 512 * 1024 * 1024

export interface AdvisoriesContext {
  readonly storage: Storage
  readonly http: HttpClient
  readonly log: Log
  /** milliseconds since the epoch, fixed once a run */
  readonly now: number
}

/** The advisories of a run. */
export interface RunAdvisories {
  readonly index: AdvisoryIndex
  /** why the run is incomplete; undefined: it is not */
  readonly shortcoming: string | undefined
  readonly snapshot: AdvisorySnapshot
}

/**
 * `fetch`: the database is asked for, and the copy is brought up to date. `look`: it is asked for, and nothing is written.
 * `stored`: the copy is used.
 */
export type AdvisoryAccess = 'fetch' | 'look' | 'stored'

/**
 * The advisories that count in a run: those of the database, or the copy that the mirror keeps where the database cannot
 * be read or did not change.
 * @throws BandersnatchError where there are none at all: a run must not take everything for good
 */
export async function openAdvisories(
  context: AdvisoriesContext,
  source: AdvisorySource,
  access: AdvisoryAccess,
): Promise<RunAdvisories> {
  const { storage, log, now } = context
  const stored = await loadCopy(storage, log)
  const { prefixes, maxAgeDays, ignore } = source
  const shown = withoutUserinfo(source.database)
  const options = { source: shown, prefixes, maxAgeDays, now }
  const usable = stored !== undefined && isFor(stored, options) ? stored : undefined
  const answer: FeedAnswer = access === 'stored' ? { kind: 'unchanged' } : await ask(context, source, usable)
  const settled = settleFeed(usable, answer, options)
  if (settled.snapshot === undefined) throw new BandersnatchError(noneText(settled.warnings, access))
  for (const warning of settled.warnings) log.warn(warning)
  if (settled.changed && access === 'fetch') {
    await storage.writeStream(LAYOUT.advisories, snapshotChunks(settled.snapshot))
  }
  return {
    index: createAdvisoryIndex(settled.snapshot.table, ignore),
    shortcoming: settled.incomplete ? settled.warnings[0] : undefined,
    snapshot: settled.snapshot,
  }
}

function withoutUserinfo(database: string): string {
  return database.replace(/\/\/[^/]*@/, '//')
}

function noneText(warnings: readonly string[], access: AdvisoryAccess): string {
  if (access === 'stored') return 'The mirror has no copy of the advisories of [osv] database yet. Run mirror first'
  return `${warnings[0] ?? 'There are no advisories'}. Nothing is mirrored without them: check [osv] database, or disable osv_malware`
}

async function loadCopy(storage: Storage, log: Log): Promise<AdvisorySnapshot | undefined> {
  const text = (await storage.read(LAYOUT.advisories))?.toString('utf8')
  if (text === undefined) return undefined
  const parsed = parseSnapshot(text)
  if (parsed.kind === 'snapshot') return parsed.snapshot
  log.warn(`${storage.location(LAYOUT.advisories)}: ${parsed.problem}. It is not used`)
  return undefined
}

/** @throws ConfigError where a zip archive cannot be read for want of a package */
async function ask(
  context: AdvisoriesContext,
  source: AdvisorySource,
  usable: AdvisorySnapshot | undefined,
): Promise<FeedAnswer> {
  const isUrl = /^https?:/i.test(source.database)
  try {
    return isUrl ? await download(context, source, usable) : await readLocal(source, usable)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    return { kind: 'failed', problem: errorText(error) }
  }
}

async function download(
  { http }: AdvisoriesContext,
  { database, prefixes }: AdvisorySource,
  usable: AdvisorySnapshot | undefined,
): Promise<FeedAnswer> {
  const directory = mkdtempSync(join(tmpdir(), 'bandersnatch-osv-'))
  const path = join(directory, 'database')
  let file: number | undefined
  const close = (): void => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  try {
    const answer = await http.get(database, {
      maxBytes: LARGEST_DATABASE,
      ...(usable?.etag === undefined ? {} : { ifNoneMatch: usable.etag, allow: [304] }),
      reader: () => {
        close()
        const fd = openSync(path, 'w')
        file = fd
        return { write: (chunk) => void writeSync(fd, chunk), end: () => undefined }
      },
    })
    if (answer.status === 304) return { kind: 'unchanged' }
    close()
    const { etag } = answer.headers
    return { kind: 'read', content: await readFeed(path, prefixes), ...(etag === undefined ? {} : { etag }) }
  } catch (error) {
    // The file is gone by now: the URL is what an admin can look at.
    if (!(error instanceof InvalidDocumentError)) throw error
    throw new InvalidDocumentError(error.message.replaceAll(path, withoutUserinfo(database)), { cause: error.cause })
  } finally {
    close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A file is read when its size or its time changed, a directory always: its time tells nothing of the files in it. */
async function readLocal(
  { database, prefixes }: AdvisorySource,
  usable: AdvisorySnapshot | undefined,
): Promise<FeedAnswer> {
  const stats = statSync(database)
  const etag = stats.isDirectory() ? undefined : `${stats.size} ${stats.mtimeMs}`
  if (etag !== undefined && etag === usable?.etag) return { kind: 'unchanged' }
  return { kind: 'read', content: await readFeed(database, prefixes), ...(etag === undefined ? {} : { etag }) }
}

/** What the filters ask; it has no answer before the advisories of the run are known. */
export interface AdvisoryHolder extends AdvisoryLookup {
  /**
   * Reads the advisories of a run. Returns the id of what they say; '' for none.
   * @param access undefined: the command does not go by advisories
   */
  readonly open: (
    context: AdvisoriesContext & Pick<Context, 'report'>,
    filters: Pick<Filters, 'advisories'>,
    access: AdvisoryAccess | undefined,
  ) => Promise<string>
}

export function createAdvisoryHolder(): AdvisoryHolder {
  let used: AdvisoryLookup | undefined
  const lookup = (): AdvisoryLookup => {
    if (used === undefined) throw new Error('the advisories were not read')
    return used
  }
  return {
    blocking: (name, version) => lookup().blocking(name, version),
    fingerprint: (name) => lookup().fingerprint(name),
    open: async (context, { advisories }, access) => {
      used = { blocking: () => [], fingerprint: () => '' }
      if (advisories === undefined || access === undefined) return ''
      const { index, shortcoming } = await openAdvisories(context, advisories.advises.source, access)
      if (shortcoming !== undefined) context.report.shortcomings.push(shortcoming)
      used = index
      return index.id()
    },
  }
}
