import { BandersnatchError, errorText } from '../../errors.js'
import { expectedFiles } from '../../model/expected.js'
import type { FileSpec } from '../../model/files.js'
import { documentFromPage } from '../../model/from-page.js'
import { jsonKey } from '../../model/layout.js'
import { linkedPath, MIRROR_HOST, pageFiles } from '../../model/page.js'
import { field, parseProject } from '../../model/parse.js'
import type { JsonObject, Project } from '../../model/project.js'
import type { Context } from '../run/context.js'
import { fetchProject } from '../project/fetch-project.js'
import { expectedOptions } from '../project/sync-project.js'
import { storedPage, storedProject } from '../project/stored.js'

/** What the mirror itself says a project has. */
export interface VerifiableProject {
  readonly project: Project
  /** made from the page that the mirror serves, which knows no address upstream */
  readonly fromPage: boolean
}

/**
 * From the stored metadata document; where there is none, or a damaged one, from the page. undefined where there is
 * neither. @throws BandersnatchError where what there is cannot be read
 */
export async function verifiableProject(context: Context, name: string): Promise<VerifiableProject | undefined> {
  const { storage, config, log } = context
  const stored = await storedProject(storage, name)
  if (stored !== undefined && stored !== 'unreadable') return { project: stored, fromPage: false }
  const page = await storedPage(storage, config, name)
  if (stored === 'unreadable') {
    const where = storage.location(jsonKey(name))
    if (page === undefined) throw new BandersnatchError(`${where} cannot be read, and there is no page either`)
    log.error(`${where} cannot be read; going by the page. verify --json-update fetches it anew`)
    context.report.failures.push({ project: name, reason: `${where} cannot be read` })
  }
  if (page === undefined) return undefined
  const { document, releaseOrder } = documentFromPage(withAddresses(page, config.rootUri), name)
  return { project: parseProject(document, name, { releaseOrder }).project, fromPage: true }
}

/** A page of ours links relatively or below root_uri; what counts here is the path below /packages/. */
function withAddresses(page: JsonObject, rootUri: string): JsonObject {
  const absolute = pageFiles(page).map((file) => {
    const url = field(file, 'url')
    return typeof url === 'string' ? { ...file, url: `${MIRROR_HOST}${linkedPath(url, rootUri)}` } : file
  })
  return { ...page, files: absolute }
}

/** The spec as upstream's metadata has it now, for files that a page alone could not tell where to get. */
export function upstreamSpecs(context: Context, name: string): (spec: FileSpec) => Promise<FileSpec> {
  let asked: Promise<Map<string, FileSpec>> | undefined
  const ask = async (): Promise<Map<string, FileSpec>> => {
    const fetched = await fetchProject(context, name, 0)
    if (fetched === 'gone') throw new BandersnatchError(`${name} is no longer upstream`)
    return new Map(expectedFiles(fetched.project, expectedOptions(context)).map((spec) => [spec.key, spec]))
  }
  return async (spec) => {
    asked ??= ask()
    const found = (
      await asked.catch((error: unknown) => {
        throw new BandersnatchError(`${spec.filename} cannot be repaired: ${errorText(error)}`)
      })
    ).get(spec.key)
    if (found === undefined) throw new BandersnatchError(`${spec.filename} cannot be repaired: upstream has it no more`)
    return found
  }
}
