import type { FilesOutcome, OwedFile } from '../run/outcome.js'
import { BandersnatchError, IntegrityError, StorageError, UpstreamError, errorText } from '../../errors.js'
import type { FileSpec } from '../../model/files.js'
import { shownUrl } from '../../upstream/http/failure.js'
import { endRequests, throwIfStopped } from '../run/context.js'
import type { Context } from '../run/context.js'
import { askAgain } from '../run/ask-again.js'

/** Larger files are streamed and can be resumed; smaller ones are taken whole, which costs far less. */
const STREAM_BYTES = 1 << 20
/** A core metadata file is a few kilobytes; upstream does not tell its size. */
const METADATA_BYTES = 16 << 20

/** What fetching files takes of a run. */
export type FilesContext = Pick<Context, 'config' | 'storage' | 'http' | 'log' | 'report' | 'signal' | 'helper'>

/** Runs `task` for every item, at most `width` at a time. A throw ends the run: nothing new starts, requests are ended. */
export async function eachOf<T>(
  context: Pick<Context, 'http' | 'helper'>,
  { items, width }: { readonly items: Iterable<T>; readonly width: number },
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]()
  const errors: unknown[] = []
  const lane = async (): Promise<void> => {
    for (let next = queue.next(); next.done !== true && errors.length === 0; next = queue.next()) {
      try {
        await task(next.value)
      } catch (error) {
        errors.push(error)
        endRequests(context, error)
      }
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  if (errors.length > 0) throw errors[0]
}

/** Brings a project's files to what the specs say. Every file is tried, whatever becomes of the others. */
export async function ensureFiles(context: FilesContext, specs: readonly FileSpec[]): Promise<FilesOutcome> {
  const states = await context.storage.checkAll(specs, context.config.compareMethod)
  const owed = specs.flatMap((spec, position) => {
    const state = states[position] ?? 'missing'
    return state === 'current' ? [] : [{ spec, state }]
  })
  return context.helper?.takes() === true && owed.length > 0 ? context.helper.fetch(owed) : fetchOwed(context, owed)
}

/** Fetches files that are missing or wrong. */
export async function fetchOwed(context: FilesContext, owed: readonly OwedFile[]): Promise<FilesOutcome> {
  const outcome: FilesOutcome = { fetched: [], failures: [] }
  await eachOf(context, { items: withMetadata(owed), width: context.config.workers }, async (group) => {
    throwIfStopped(context)
    try {
      for (const file of group) {
        await ensureFile(context, file)
        outcome.fetched.push(file.spec.key)
      }
    } catch (error) {
      if (error instanceof StorageError || !(error instanceof BandersnatchError)) throw error
      throwIfStopped(context)
      context.log.error(errorText(error))
      outcome.failures.push(errorText(error))
    }
  })
  return outcome
}

/** A release file and the core metadata file that follows it: without the one the other serves nobody. */
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
      context.log.info(`Trying the next place for ${spec.filename}: ${errorText(error)}`)
    }
  }
}

async function fetchFrom(context: FilesContext, spec: FileSpec, url: string): Promise<void> {
  const { http, storage, report } = context
  if (spec.size === undefined || spec.size <= STREAM_BYTES) {
    // Never more than announced; fewer bytes are judged by their digest, for PyPI's old sizes are not all right.
    const body = await http.fetchFile(url, { size: undefined, maxBytes: spec.size ?? METADATA_BYTES })
    await storage.put(spec, body)
    report.bytesFetched += body.length
    return
  }
  const receiver = await storage.receive(spec)
  const before = receiver.held
  try {
    await http.download(url, receiver, { size: spec.size })
  } catch (error) {
    // A full disk needs the room.
    await receiver.abort(!(error instanceof StorageError))
    throw error
  }
  await receiver.commit()
  report.bytesFetched += receiver.held - before
}
