import { BandersnatchError, StorageError, errorText } from '../errors.js'
import {
  LAYOUT,
  isSafeFilename,
  isSafeProjectName,
  jsonKey,
  pypiJsonKey,
  shown,
  simpleDirectory,
} from '../model/layout.js'
import { normalizeName } from '../packaging/name.js'
import { throwIfStopped } from './run/context.js'
import type { Context } from './run/context.js'
import { fetchProject } from './project/fetch-project.js'
import { recallJsonApi } from './project/json-api.js'
import { loadMemory, loadSerials, saveSerials } from './state/run-notes.js'
import { ownedKeys } from './project/remove.js'
import { loadState } from './state/status-files.js'
import { documentKeys } from '../model/document.js'
import { storedProject } from './project/stored.js'
import { rewriteRoot } from './sync.js'

/** `delete`: removes everything that the mirror has of the named projects, in any spelling, whatever the filters say. */
export async function runDelete(
  context: Context,
  names: readonly string[],
  options: { readonly dryRun: boolean },
): Promise<void> {
  const { storage, report, log } = context
  let removedPages = false
  recallJsonApi(context, await loadMemory(storage), names)
  for (const given of names) {
    throwIfStopped(context)
    const name = normalizeName(given)
    if (!isSafeProjectName(name) || !isSafeFilename(given)) {
      report.failures.push({ project: shown(given), reason: 'this is not a project name' })
      continue
    }
    const stored = await storedProject(storage, name)
    if (stored === 'unreadable') {
      const where = storage.location(jsonKey(name))
      report.failures.push({
        project: name,
        reason: `${where} cannot be read, so its files cannot be told; verify --json-update repairs it`,
      })
      continue
    }
    const keys = await fileKeys(context, name, stored === undefined && !options.dryRun)
    const directories = pageDirectories(context, name, given)
    if (options.dryRun) {
      for (const place of [...keys, ...directories, jsonKey(name), pypiJsonKey(name)]) {
        log.info(`[DRY RUN] would remove ${storage.location(place)}`)
        report.planned.remove.push(storage.location(place))
      }
      report.planned.removals.push({ project: name, reason: 'deleted by command' })
      continue
    }
    // Pages first: nobody is sent to a file that is gone.
    for (const directory of directories) {
      if ((await storage.names(directory, 'files')).length > 0) removedPages = true
      await storage.removeTree(directory)
    }
    await storage.removeTree(`${LAYOUT.pypi}/${name}`)
    for (const key of keys) if (await storage.remove(key)) report.filesRemoved += 1
    // Last what knows the files: should the run be killed before, the next one finds them.
    for (const key of [jsonKey(name), `${LAYOUT.json}/${given}`]) await storage.remove(key)
    report.removals.push({ project: name, reason: 'deleted by command' })
  }
  if (removedPages) await dropFromRoot(context)
}

/** The files of a project: what is stored of it knows them; where no metadata document is, upstream is asked too. */
async function fileKeys(context: Context, name: string, askUpstream: boolean): Promise<string[]> {
  const { storage, config, log } = context
  const keys = new Set(await ownedKeys(context, name))
  if (askUpstream) {
    // 8.0 leaves this directory behind when it fetches the document.
    await storage.prepare([LAYOUT.json])
    try {
      const fetched = await fetchProject(context, name, 0)
      if (fetched !== 'gone') documentKeys(fetched.project, config.digestName).forEach((key) => keys.add(key))
    } catch (error) {
      throwIfStopped(context)
      if (error instanceof StorageError || !(error instanceof BandersnatchError)) throw error
      log.warn(`${name}: no metadata upstream (${errorText(error)}); removing what the mirror itself knows of`)
    }
  }
  return [...keys]
}

/** The page directories of a project: under its normalized name and, from before PEP 503, as it was spelled. */
function pageDirectories(context: Context, name: string, given: string): string[] {
  const { hashIndex } = context.config
  const own = simpleDirectory(name, hashIndex)
  if (given === name) return [own]
  return [own, hashIndex ? `${LAYOUT.simple}/${given.charAt(0)}/${given}` : `${LAYOUT.simple}/${given}`]
}

async function dropFromRoot(context: Context): Promise<void> {
  const { storage, config, report } = context
  const rootPage = config.simpleFormat === 'JSON' ? 'index.v1_json' : 'index.html'
  if ((await storage.stat(`${LAYOUT.simple}/${rootPage}`)) === undefined) return
  const serials = await loadSerials(storage, LAYOUT.serials)
  const absent = await loadSerials(storage, LAYOUT.absent)
  for (const { project } of report.removals) {
    const serial = serials.get(project)
    // A comparison with the list would bring it back before it changes upstream.
    if (serial !== undefined) absent.set(project, serial)
    serials.delete(project)
  }
  const { status } = await loadState(storage, context.log)
  await rewriteRoot(context, status ?? 0, serials)
  await saveSerials(storage, LAYOUT.serials, serials)
  await saveSerials(storage, LAYOUT.absent, absent)
}
