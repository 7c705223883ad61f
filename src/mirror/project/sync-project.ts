import type { Outcome } from '../run/outcome.js'
import { InvalidDocumentError } from '../../errors.js'
import { filterReleases, keepsMetadata } from '../../filters/apply.js'
import { expectedFiles } from '../../model/expected.js'
import {
  LAYOUT,
  isSafeFilename,
  isSafeProjectName,
  jsonKey,
  pypiJsonKey,
  shown,
  simpleDirectory,
} from '../../model/layout.js'
import { normalizeName, safeName } from '../../packaging/name.js'
import { reformatSorted } from '../../python/json/reformat.js'
import { field, isObject } from '../../model/parse.js'
import { releaseFiles } from '../../model/project.js'
import type { JsonObject, Project } from '../../model/project.js'
import type { Context } from '../run/context.js'
import { pageFields, withPage } from '../../model/page.js'
import { fetchProject } from './fetch-project.js'
import type { FetchedProject } from './fetch-project.js'
import { ensureFiles } from './fetch-files.js'
import { writePages } from './pages.js'
import { ownedKeys, removeFiles } from './remove.js'
import { storedPage, storedProject } from './stored.js'

/** Brings one project up to date: metadata, files, then the pages that name them. `required`: serial it must have. */
export async function syncProject(context: Context, rawName: string, required: number): Promise<Outcome> {
  const name = normalizeName(rawName)
  if (!isSafeProjectName(name)) return { kind: 'refused', reason: `${shown(rawName)} is not a project name` }
  context.log.info(`Fetching metadata for package: ${name} (serial ${required})`)
  const fetched = await fetchProject(context, rawName, required)
  return fetched === 'gone' ? { kind: 'gone', name } : storeProject(context, fetched, required)
}

/** Applies the filters again to a project's stored document; undefined where there is none that could be read. */
export async function refilterProject(context: Context, rawName: string): Promise<Outcome | undefined> {
  const { storage, config } = context
  const name = normalizeName(rawName)
  if (!config.json || !isSafeProjectName(name)) return undefined
  const project = await storedProject(storage, name)
  if (project === undefined || project === 'unreadable') return undefined
  const fetched = { project: { ...project, rawName }, refused: [], text: undefined }
  if (config.simpleApiVersion === '1.1') return storeProject(context, fetched, project.lastSerial)
  const page = await storedPage(storage, config, name)
  if (page !== undefined && !gainsFiles(context, project, page)) {
    return storeProject(
      context,
      { ...fetched, project: { ...fetched.project, page: pageFields(page) } },
      project.lastSerial,
    )
  }
  const fresh = await context.upstream.projectPage(rawName, project.lastSerial)
  const whole = fresh === 'gone' ? fresh : withPage(fetched, fresh)
  return whole === 'gone' ? undefined : storeProject(context, whole, project.lastSerial)
}

/** Whether the filters now want files that the stored page does not have: it cannot tell all that a page says of them. */
function gainsFiles(context: Context, project: Project, page: JsonObject): boolean {
  const files = field(page, 'files')
  const names = new Set((Array.isArray(files) ? files : []).filter(isObject).map((file) => field(file, 'filename')))
  return releaseFiles(filterReleases(context.filters, project)).some(({ filename }) => !names.has(filename))
}

/** So many refused files of one project are told one by one: a document may have a hundred thousand. */
const MOST_REFUSALS = 20

/** Filters a project and stores what is left of it. `serial`: the one that was asked for. */
async function storeProject(context: Context, fetched: FetchedProject, serial: number): Promise<Outcome> {
  const { config, storage, log } = context
  const { project, refused } = fetched
  for (const reason of refused.slice(0, MOST_REFUSALS)) log.warn(`${project.name}: refusing a release file: ${reason}`)
  const more = refused.length - MOST_REFUSALS
  if (more > 0) log.warn(`${project.name}: refusing ${more} more release files`)
  context.report.refused += refused.length
  if (!keepsMetadata(context.filters, project)) return { kind: 'filtered', name: project.name }
  const before =
    config.removedProjects === 'delete' && config.releaseFiles ? await ownedKeys(context, project.name) : []
  const changed: string[] = []
  if (config.json && fetched.text !== undefined) changed.push(await storeMetadata(context, project, fetched.text))
  const wanted = filterReleases(context.filters, project)
  const files = releaseFiles(wanted)
  if (files.length === 0 && refused.length > 0) {
    return { kind: 'refused', reason: `${project.name}: none of its files can be mirrored` }
  }
  const specs = config.releaseFiles ? expectedFiles(wanted, expectedOptions(context)) : []
  if (config.releaseFiles) {
    const outcome = await ensureFiles(context, specs)
    changed.push(...outcome.fetched)
    const [first] = outcome.failures
    if (first !== undefined)
      return { kind: 'failed', reason: failureText(first, outcome.failures.length), passing: true }
  }
  log.info(
    `Storing index page(s): ${wanted.name} - in ${storage.location(simpleDirectory(wanted.name, config.hashIndex))}`,
  )
  changed.push(...(await writePages(storage, config, { project: wanted, serial })))
  const expected = new Set(specs.map(({ key }) => key))
  await removeFiles(
    context,
    before.filter((key) => !expected.has(key)),
  )
  if (config.cleanup) await removeOldSpellings(context, wanted)
  return { kind: 'synced', name: wanted.name, serial: wanted.lastSerial, changed }
}

/** The options of `expectedFiles`, as the configuration has them. */
export function expectedOptions(context: Context): Parameters<typeof expectedFiles>[1] {
  const { coreMetadata, digestName, downloadMirror, downloadMirrorNoFallback } = context.config
  return { coreMetadata, digestName, downloadMirror: downloadMirror ?? '', downloadMirrorNoFallback }
}

async function storeMetadata(context: Context, project: Project, text: string): Promise<string> {
  const key = jsonKey(project.name)
  await context.storage.write(key, reformatSorted(text))
  await context.storage.copy(pypiJsonKey(project.name), key)
  return key
}

function failureText(first: string, count: number): string {
  return count === 1 ? first : `${first} (and ${count - 1} more files)`
}

/**
 * Removes the page directories that bandersnatch before 4.0 kept under the name as spelled upstream.
 * On a file system that ignores case such a directory may be the live one: then it is not listed by that name.
 */
async function removeOldSpellings(context: Context, project: Project): Promise<void> {
  const spellings = new Set([project.rawName, safeName(project.rawName)])
  spellings.delete(project.name)
  for (const spelling of spellings) {
    if (!isSafeFilename(spelling)) throw new InvalidDocumentError(`${shown(spelling)} is not a project name`)
    const parent = context.config.hashIndex ? `${LAYOUT.simple}/${spelling.charAt(0)}` : LAYOUT.simple
    if (!(await context.storage.names(parent, 'directories')).includes(spelling)) continue
    const old = `${parent}/${spelling}`
    context.log.info(`Removing ${context.storage.location(old)}, a directory from before PEP 503`)
    // Its pages only: a directory that holds anything else stays, as with 8.0.
    const pages = await context.storage.names(old, 'files')
    for (const page of pages) await context.storage.remove(`${old}/${page}`, { pruneParents: true })
  }
}
