import { errorText } from '../../errors.js'
import { attestedFile } from '../../model/provenance.js'
import type { AttestedFile } from '../../model/provenance.js'
import type { Project, ReleaseFile } from '../../model/project.js'
import { parseTimestamp } from '../../python/timestamp.js'
import { shownUrl } from '../../upstream/http/failure.js'
import { askAgain } from '../run/ask-again.js'
import { throwIfStopped } from '../run/context.js'
import type { Context } from '../run/context.js'
import { eachOf } from '../run/each-of.js'
import { isProjectFault } from '../run/fault.js'
import type { FetchedProject } from './fetch-project.js'

/** A file on its way, with what its page says of attestations. */
export interface Arriving {
  readonly file: ReleaseFile
  /** undefined: the index has no attestations of it */
  readonly attested: AttestedFile | undefined
  /** milliseconds since the epoch */
  readonly uploaded: number
}

/** A provenance object, or why it cannot be had although the page names it. */
export interface ProvenanceDocument {
  /** the stored one where upstream does not give it */
  readonly body: Buffer | undefined
  readonly problem?: string
}

/** A project's files in the order of their uploads. */
export function arriving(context: Context, project: Project): Arriving[] {
  const files = project.releases.flatMap((release) =>
    release.files.map((file): Arriving => ({
      file,
      attested: attestedFile(project, release, file),
      uploaded: uploadedAt(context, file),
    })),
  )
  return files.sort((a, b) => a.uploaded - b.uploaded)
}

/** Milliseconds since the epoch; the time of the run where upstream does not say. */
export function uploadedAt({ startedAt }: Pick<Context, 'startedAt'>, { uploadTime }: ReleaseFile): number {
  const time = uploadTime === undefined ? undefined : parseTimestamp(uploadTime)?.seconds
  return time === undefined ? startedAt.getTime() : time * 1000
}

interface Asking extends Pick<FetchedProject, 'provenanceAt'> {
  /** nothing more is asked for in this run */
  readonly gaveUp: boolean
}

/** The provenance objects of some files, in their order, several at a time. @throws StorageError */
export async function documentsOf(
  context: Context,
  files: readonly Arriving[],
  asking: Asking,
): Promise<readonly ProvenanceDocument[]> {
  const documents: ProvenanceDocument[] = files.map(() => ({ body: undefined }))
  const positions = [...files.keys()].filter((position) => files[position]?.attested !== undefined)
  await eachOf(context, { items: positions, width: context.config.workers }, async (position) => {
    const attested = files[position]?.attested
    if (attested !== undefined) documents[position] = await documentOf(context, attested, asking)
  })
  return documents
}

async function documentOf(
  context: Context,
  { url, key }: AttestedFile,
  { provenanceAt, gaveUp }: Asking,
): Promise<ProvenanceDocument> {
  const { storage, upstream, attestations } = context
  if (provenanceAt === 'mirror') {
    // That it is there was looked up before.
    return { body: attestations === undefined ? undefined : await storage.read(key) }
  }
  if (gaveUp) return { body: await storage.read(key), problem: `${shownUrl(url)} is not asked for in this run` }
  try {
    return { body: await askAgain(context, 'project', () => upstream.provenance(url)) }
  } catch (error) {
    throwIfStopped(context)
    if (!isProjectFault(error)) throw error
    return { body: await storage.read(key), problem: errorText(error) }
  }
}
