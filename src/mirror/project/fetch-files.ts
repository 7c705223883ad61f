import { countText, counted } from '../../count.js'
import { IntegrityError, StorageError, UpstreamError, errorText } from '../../errors.js'
import type { FileSpec } from '../../model/files.js'
import type { CompareMethod } from '../../storage/types.js'
import { shownUrl } from '../../upstream/http/failure.js'
import { mostRequests } from '../../upstream/http/concurrency.js'
import { askAgain } from '../run/ask-again.js'
import { throwIfStopped } from '../run/context.js'
import type { Context } from '../run/context.js'
import { eachOf } from '../run/each-of.js'
import { isProjectFault } from '../run/fault.js'
import type { FetchOptions, FilesOutcome, OwedFile } from '../run/outcome.js'

/** Larger files are streamed and can be resumed; smaller ones are taken whole, which costs far less. */
const STREAM_BYTES = 1 << 20
/** A core metadata file is a few kilobytes; upstream does not tell its size. */
const METADATA_BYTES = 16 << 20
/** So many files of a project that failed in several runs may fail before it is left to a later run. */
const CAUTIOUS_FAILURES = 1

/** What fetching files takes of a run. */
export type FilesContext = Pick<
  Context,
  'config' | 'storage' | 'http' | 'log' | 'report' | 'signal' | 'timeIsUp' | 'bigFiles' | 'fetchThreads'
>

export interface EnsureOptions {
  /** for messages */
  readonly project: string
  /** in how many runs the project failed, where few files are to be tried: then each run begins with another one */
  readonly cautious: number | undefined
  readonly method: CompareMethod
  /** whether a stored file that is not what the spec says may be replaced; else a reason why not */
  readonly mayReplace: (spec: FileSpec) => Promise<string | undefined>
}

/** Brings a project's files to what the specs say. Every file is tried, whatever becomes of the others. */
export async function ensureFiles(
  context: FilesContext,
  specs: readonly FileSpec[],
  options: EnsureOptions,
): Promise<FilesOutcome> {
  const states = await context.storage.checkAll(specs, { method: options.method })
  const owed: OwedFile[] = []
  const failed = new Map<string, string>()
  for (const [position, spec] of specs.entries()) {
    const state = states[position] ?? 'missing'
    const refusal = state === 'mismatch' ? await options.mayReplace(spec) : undefined
    if (refusal !== undefined) failed.set(spec.key, refusal)
    else if (state !== 'current') owed.push({ spec, state })
  }
  if (owed.length === 0) return { fetched: [], failed }
  want(
    context,
    owed.map(({ spec }) => spec),
    1,
  )
  await warnOfSpace(context, options.project, owed)
  const first = (options.cautious ?? 0) % owed.length
  const inTurn = [...owed.slice(first), ...owed.slice(0, first)]
  const how = { cautious: options.cautious !== undefined }
  const fetched = await context.fetchThreads?.fetch(inTurn, how)
  const outcome = fetched ?? (await fetchOwed(context, inTurn, how))
  want(
    context,
    owed.flatMap(({ spec }) => (outcome.failed.has(spec.key) ? [spec] : [])),
    -1,
  )
  for (const [key, reason] of failed) outcome.failed.set(key, reason)
  return outcome
}

/** Counts files that are to be fetched. `sign`: -1 for those that could not be had, and are not waited for any more. */
function want({ report }: Pick<Context, 'report'>, specs: readonly FileSpec[], sign: 1 | -1): void {
  report.filesWanted += sign * specs.length
  for (const { size } of specs) report.bytesWanted += sign * (size ?? 0)
}

/** Less is not worth a look at the file system for each project. */
const WORTH_A_LOOK = 100 << 20

/** Says before the first of many gigabytes that they do not fit. What fits is fetched all the same. */
async function warnOfSpace({ storage, log }: FilesContext, project: string, owed: readonly OwedFile[]): Promise<void> {
  const bytes = owed.reduce((sum, { spec }) => sum + (spec.size ?? 0), 0)
  const free = bytes < WORTH_A_LOOK ? undefined : await storage.properties.freeBytes?.()
  if (free === undefined || bytes <= free) return
  const megabytes = (count: number): string => `${countText(Math.round(count / 1e6))} MB`
  log.warn(
    `${project} does not fit: ${counted(owed.length, 'file')} of ${megabytes(bytes)} to fetch, ${megabytes(free)} free`,
  )
}

/** Fetches files that are missing or wrong. */
export async function fetchOwed(
  context: FilesContext,
  owed: readonly OwedFile[],
  { cautious }: FetchOptions,
): Promise<FilesOutcome> {
  const outcome: FilesOutcome = { fetched: [], failed: new Map() }
  const width = cautious ? 1 : mostRequests(context.config.maxRequests)
  await eachOf(context, { items: withMetadata(owed), width }, async (group) => {
    for (const { spec, state } of group) {
      throwIfStopped(context)
      if (context.timeIsUp()) {
        outcome.postponed = true
        return
      }
      if (cautious && outcome.failed.size >= CAUTIOUS_FAILURES) {
        outcome.failed.set(spec.key, `${spec.filename} is not tried in this run`)
        continue
      }
      try {
        await ensureFile(context, { spec, state })
        outcome.fetched.push(spec.key)
      } catch (error) {
        if (!isProjectFault(error)) throw error
        throwIfStopped(context)
        context.log.debug(errorText(error))
        outcome.failed.set(spec.key, errorText(error))
        // Without the release file its core metadata file serves nobody.
        if (spec.kind === 'release') break
      }
    }
  })
  return outcome
}

/** A release file and the core metadata file that follows it. */
function* withMetadata(files: readonly OwedFile[]): Generator<readonly OwedFile[]> {
  for (const [position, file] of files.entries()) {
    const before = files[position - 1]?.spec.key
    const next = files[position + 1]
    if (file.spec.kind === 'metadata' && file.spec.key === `${before ?? ''}.metadata`) continue
    yield next?.spec.key === `${file.spec.key}.metadata` ? [file, next] : [file]
  }
}

async function ensureFile(context: FilesContext, { spec, state }: OwedFile): Promise<void> {
  try {
    await fetchFile(context, spec)
  } catch (error) {
    // What is not what the index promises is not served, even where the right bytes cannot be had.
    if (error instanceof StorageError || context.signal.aborted) throw error
    if (state === 'mismatch') await context.storage.remove(spec.key)
    // 8.0 makes the directory before it asks for the file.
    await context.storage.prepare([spec.key.slice(0, spec.key.lastIndexOf('/'))])
    throw error
  }
}

/** Fetches a file from the first of its URLs that has the right bytes. */
export async function fetchFile(context: FilesContext, spec: FileSpec): Promise<void> {
  await askAgain(context, 'project', () => fromFirst(context, spec))
}

async function fromFirst(context: FilesContext, spec: FileSpec): Promise<void> {
  for (const [position, url] of spec.urls.entries()) {
    try {
      context.log.debug(`Downloading: ${shownUrl(url)}`)
      await fetchFrom(context, spec, url)
      context.report.filesFetched += 1
      return
    } catch (error) {
      if (error instanceof IntegrityError) context.http.reportWrong(url, error)
      const passing = error instanceof UpstreamError || error instanceof IntegrityError
      if (!passing || position === spec.urls.length - 1 || context.signal.aborted) throw error
      context.log.debug(`Trying the next place for ${spec.filename}: ${errorText(error)}`)
    }
  }
}

async function fetchFrom(context: FilesContext, spec: FileSpec, url: string): Promise<void> {
  const { http, storage, report, bigFiles } = context
  const { size } = spec
  if (size === undefined || size <= STREAM_BYTES) {
    // Never more than announced; fewer bytes are judged by their digest, for PyPI's old sizes are not all right.
    const body = await http.fetchFile(url, { size: undefined, maxBytes: size ?? METADATA_BYTES })
    await storage.put(spec, body)
    report.bytesFetched += body.length
    return
  }
  await bigFiles(() => downloadFrom(context, { ...spec, size }, url))
}

async function downloadFrom(
  { http, storage, report }: FilesContext,
  spec: FileSpec & { readonly size: number },
  url: string,
): Promise<void> {
  const receiver = await storage.receive(spec)
  // Another writer stored it in the meantime.
  if (receiver === undefined) return
  const before = receiver.held
  const arrived = report.transfers.begin({ filename: spec.filename, size: spec.size }, () => receiver.held)
  try {
    await http.download(url, receiver, { size: spec.size })
  } catch (error) {
    // A full disk needs the room.
    await receiver.abort(!(error instanceof StorageError))
    throw error
  } finally {
    arrived()
  }
  await receiver.commit()
  report.bytesFetched += receiver.held - before
}
