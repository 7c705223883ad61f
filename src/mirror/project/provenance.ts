import { attestedFile, isProvenance, provenanceKeys } from '../../model/provenance.js'
import type { JsonObject, Project } from '../../model/project.js'
import type { Context } from '../run/context.js'

/** Keys of the provenance objects that the mirror must have for a project. */
export function expectedProvenance({ config }: Pick<Context, 'config'>, project: Project): string[] {
  if (config.integrityUrl === undefined) return []
  return project.releases.flatMap((release) =>
    release.files.flatMap((file) => attestedFile(project, release, file)?.key ?? []),
  )
}

/** The first provenance object of a project that the mirror should have and has not; undefined where none is missing. */
export async function missingProvenance(
  context: Pick<Context, 'config' | 'storage'>,
  project: Project,
): Promise<string | undefined> {
  for (const key of expectedProvenance(context, project)) {
    if ((await context.storage.stat(key)) === undefined) return key
  }
  return undefined
}

/** The first that is missing or damaged. Nothing tells a digest of it, so it is damaged when it cannot be read. */
export async function damagedProvenance(
  context: Pick<Context, 'config' | 'storage'>,
  project: Project,
): Promise<string | undefined> {
  for (const key of expectedProvenance(context, project)) {
    const stored = await context.storage.read(key)
    if (stored === undefined || !isProvenance(stored)) return key
  }
  return undefined
}

/** Keys of the provenance objects that a stored page names, whichever of these shapes it was made with. */
export function namedProvenance(
  { config }: Pick<Context, 'config'>,
  name: string,
  { page, shapes }: { readonly page: JsonObject; readonly shapes: Iterable<Readonly<Record<string, string>>> },
): string[] {
  const urls = new Set([...shapes].flatMap((options) => options['integrity-url'] ?? []))
  if (config.integrityUrl !== undefined) urls.add(config.integrityUrl)
  return urls.size === 0 ? [] : provenanceKeys(page, name, [...urls])
}
