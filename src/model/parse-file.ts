import { InvalidDocumentError, UnsafePathError } from '../errors.js'
import { verifyingDigest } from './digest.js'
import { fitsFilename, isSafeFilename, packageKey, pathByDigest, shown, urlPath } from './layout.js'
import { field, isObject } from './json.js'
import type { CoreMetadata, ReleaseFile } from './project.js'

export interface ParsedFiles {
  readonly files: readonly ReleaseFile[]
  /** why each of the others is refused */
  readonly refused: readonly string[]
}

/**
 * The release files of one version. One that cannot be stored or verified is refused alone.
 * @param anyUrl files may lie anywhere upstream; one that is not below /packages/ is stored under its digest
 */
export function parseFiles(files: readonly unknown[], anyUrl: boolean): ParsedFiles {
  const parsed: ReleaseFile[] = []
  const refused: string[] = []
  for (const raw of files) {
    try {
      parsed.push(parseFile(raw, anyUrl))
    } catch (error) {
      if (!(error instanceof InvalidDocumentError || error instanceof UnsafePathError)) throw error
      refused.push(error.message)
    }
  }
  return { files: parsed, refused }
}

function parseFile(raw: unknown, anyUrl: boolean): ReleaseFile {
  if (!isObject(raw)) throw new InvalidDocumentError('a release file is not a JSON object')
  const filename = field(raw, 'filename')
  const url = field(raw, 'url')
  const size = field(raw, 'size')
  const uploadTime = field(raw, 'upload_time_iso_8601')
  if (typeof filename !== 'string' || !isSafeFilename(filename)) {
    throw new InvalidDocumentError(`${shown(String(filename))} is not a filename`)
  }
  if (typeof url !== 'string') throw new InvalidDocumentError(`${shown(filename)} has no URL`)
  if (size !== undefined && size !== null && !isSize(size)) {
    throw new InvalidDocumentError(`${shown(filename)} has the size ${shown(JSON.stringify(size))}`)
  }
  const digests = hexDigests(field(raw, 'digests'))
  const digest = verifyingDigest(digests)
  if (digest === undefined) throw new InvalidDocumentError(`${shown(filename)} has no digest that could verify it`)
  const path = mirrorPath(url, filename, anyUrl ? digest.hex : undefined)
  return {
    filename,
    url,
    path,
    size: isSize(size) ? size : undefined,
    digests,
    digest,
    uploadTime: typeof uploadTime === 'string' ? uploadTime : undefined,
    coreMetadata: carriesMetadata(packageKey(path)) ? coreMetadata(field(raw, 'core-metadata')) : undefined,
    raw,
  }
}

/** @param hex digest under which a file is stored that is not below /packages/. @throws UnsafePathError */
function mirrorPath(url: string, filename: string, hex: string | undefined): string {
  const path = urlPath(url)
  if (hex !== undefined && !path.startsWith('/packages/')) return pathByDigest(hex, filename)
  packageKey(url)
  return path
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

const HEX = /^[0-9a-f]{8,256}$/

/** Digests by name, in lower case: some indexes write them in upper case. What is not a digest is left out. */
function hexDigests(value: unknown): Map<string, string> {
  const digests = new Map<string, string>()
  for (const [name, hex] of Object.entries(isObject(value) ? value : {})) {
    const lower = typeof hex === 'string' ? hex.toLowerCase() : ''
    if (HEX.test(lower)) digests.set(name.toLowerCase(), lower)
  }
  return digests
}

/** Whether a core metadata file beside the file has a name that file systems take. */
function carriesMetadata(key: string): boolean {
  return fitsFilename(`${key.slice(key.lastIndexOf('/') + 1)}.metadata`)
}

function coreMetadata(value: unknown): CoreMetadata {
  if (typeof value === 'boolean') return value
  return isObject(value) ? hexDigests(value) : undefined
}
