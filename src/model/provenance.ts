import { UnsafePathError } from '../errors.js'
import { provenanceKey, percentDecode } from './layout.js'
import { field, isObject } from './json.js'
import { pageFiles } from './page.js'
import type { JsonObject, Project, Release, ReleaseFile } from './project.js'

/** https://docs.pypi.org/api/integrity/ */
export const PROVENANCE_TYPE = 'application/vnd.pypi.integrity.v1+json'

/** Bytes of the largest provenance object that is taken. Real ones have about 10 kB. */
export const LARGEST_PROVENANCE = 1_048_576

/** A release file of which the index has a provenance object (PEP 740). */
export interface AttestedFile {
  /** where the index has it, or the mirror where its own page said so */
  readonly url: string
  /** where the mirror has it */
  readonly key: string
}

/**
 * What the project's page says of a file's attestations: undefined where it names none. The version is taken from the
 * URL where that has PyPI's form, so that a file keeps its place whatever the project was made from.
 */
export function attestedFile(project: Project, release: Release, { filename }: ReleaseFile): AttestedFile | undefined {
  const url = project.page?.provenance.get(filename)
  if (typeof url !== 'string') return undefined
  const { name } = project
  const key = keyOf(url, name, filename) ?? safely({ name, version: release.version, filename })
  return key === undefined ? undefined : { url, key }
}

/** The URL of a stored provenance object. @param integrityUrl without a slash at its end */
export function provenanceUrl(integrityUrl: string, key: string): string {
  return integrityUrl + key.slice('web'.length).split('/').map(encodeURIComponent).join('/')
}

/** Keys of the provenance objects that a page of the mirror names, where it was made with one of these URLs. */
export function provenanceKeys(page: JsonObject, name: string, integrityUrls: readonly string[]): string[] {
  return pageFiles(page).flatMap((file) => {
    const [filename, url] = [field(file, 'filename'), field(file, 'provenance')]
    if (typeof filename !== 'string' || typeof url !== 'string') return []
    if (!integrityUrls.some((start) => url.startsWith(`${start}/integrity/`))) return []
    return keyOf(url, name, filename) ?? []
  })
}

/** The key that a URL of PyPI's form stands for; undefined where it is of another form, or for another file. */
function keyOf(url: string, name: string, filename: string): string | undefined {
  const segments = url
    .replace(/[?#].*$/s, '')
    .split('/')
    .slice(-5)
    .map(percentDecode)
  const [room, project, version = '', file, last] = segments
  const isOurs = room === 'integrity' && project === name && file === filename && last === 'provenance'
  return isOurs ? safely({ name, version, filename }) : undefined
}

function safely(place: Parameters<typeof provenanceKey>[0]): string | undefined {
  try {
    return provenanceKey(place)
  } catch (error) {
    if (error instanceof UnsafePathError) return undefined
    throw error
  }
}

/** Whether a document can be a provenance object at all: what it says is not looked at. */
export function isProvenance(bytes: Uint8Array): boolean {
  if (bytes.length > LARGEST_PROVENANCE) return false
  try {
    const document: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isObject(document) && Array.isArray(field(document, 'attestation_bundles'))
  } catch {
    return false
  }
}
