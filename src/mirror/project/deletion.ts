import { counted } from '../../count.js'
import { LAYOUT, jsonKey, pypiJsonKey, integrityDirectory, publishersKey } from '../../model/layout.js'
import type { Context } from '../run/context.js'
import { pageDirectories } from './stored.js'

/** Something that is stored of a project: a file, or a directory with all that is in it. */
export interface StoredPlace {
  readonly key: string
  readonly files: number
  readonly bytes: number
}

interface Named {
  /** normalized */
  readonly name: string
  /** as the admin wrote it */
  readonly given: string
}

/** The directory that a project had before PEP 503, under its name as it was given. */
export function oldSpelling(hashIndex: boolean, { name, given }: Named): string[] {
  if (given === name) return []
  return [hashIndex ? `${LAYOUT.simple}/${given.charAt(0)}/${given}` : `${LAYOUT.simple}/${given}`]
}

/** What there is of a project. @param keys of its release files, whether they are stored or not */
export async function findStored(
  { storage, config }: Pick<Context, 'storage' | 'config'>,
  project: Named & { readonly keys: readonly string[] },
): Promise<StoredPlace[]> {
  const { name, given, keys } = project
  const spelled = given === name ? [] : [`${LAYOUT.json}/${given}`]
  const files = [...keys, jsonKey(name), pypiJsonKey(name), publishersKey(name), ...spelled]
  const found: StoredPlace[] = []
  for (const key of new Set(files)) {
    const stat = await storage.stat(key)
    if (stat !== undefined) found.push({ key, files: 1, bytes: stat.size })
  }
  const [own, other] = pageDirectories(name, config.hashIndex)
  for (const key of [own, other, ...oldSpelling(config.hashIndex, project), integrityDirectory(name)]) {
    let [count, bytes] = [0, 0]
    for await (const { size } of storage.walk(key)) {
      count += 1
      bytes += size
    }
    if (count > 0) found.push({ key, files: count, bytes })
  }
  return found
}

/** Collects what a dry run of `delete` would remove, and tells it. */
export interface DeletionPlan {
  add(project: string, places: readonly StoredPlace[]): void
  /** the total */
  tell(): void
}

export function createDeletionPlan({
  storage,
  log,
  report,
}: Pick<Context, 'storage' | 'log' | 'report'>): DeletionPlan {
  let [files, bytes] = [0, 0]
  return {
    add(project, places) {
      for (const place of places) {
        log.info(`[DRY RUN] would remove ${storage.location(place.key)} (${amountText(place)})`)
        report.planned.remove.push(storage.location(place.key))
        files += place.files
        bytes += place.bytes
      }
      report.planned.removals.push({ project, reason: 'deleted by command', by: 'admin' })
    },
    tell: () => log.info(`[DRY RUN] ${amountText({ files, bytes })} in all`),
  }
}

function amountText({ files, bytes }: Pick<StoredPlace, 'files' | 'bytes'>): string {
  return `${counted(files, 'file')}, ${counted(bytes, 'byte')}`
}
