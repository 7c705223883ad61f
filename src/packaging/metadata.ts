import { InvalidDocumentError } from '../errors.js'
import type { Header } from './email-headers.js'
import { readHeaders } from './email-headers.js'

/** The most bytes that a METADATA or PKG-INFO may have. The largest on PyPI have one or two MB. */
export const MAX_METADATA = 16 * 1024 * 1024

/** The fields of core metadata that tell what a release needs. */
export interface CoreMetadata {
  readonly metadataVersion: string | undefined
  /** as written */
  readonly name: string | undefined
  readonly version: string | undefined
  /** requirement lines as written; they need not be valid */
  readonly requiresDist: readonly string[]
  readonly requiresPython: string | undefined
  /** names of extras as written */
  readonly providesExtra: readonly string[]
  /** names of fields that may differ in a wheel built from this sdist (PEP 643) */
  readonly dynamic: readonly string[]
  /**
   * Of these fields those that have no certain value, by name in lower case: a single one that is repeated,
   * and any whose bytes are not UTF-8 (then with one character for each byte).
   */
  readonly unparsed: ReadonlyMap<string, readonly string[]>
}

const SINGLE = ['metadata-version', 'name', 'version', 'requires-python'] as const
const MULTIPLE = ['requires-dist', 'provides-extra', 'dynamic'] as const

/**
 * Reads METADATA of a wheel or PKG-INFO of an sdist.
 * https://packaging.python.org/en/latest/specifications/core-metadata/
 * @throws InvalidDocumentError if it is larger than MAX_METADATA
 */
export function parseMetadata(bytes: Buffer): CoreMetadata {
  if (bytes.length > MAX_METADATA) {
    throw new InvalidDocumentError(`core metadata of ${bytes.length} bytes; at most ${MAX_METADATA} are read`)
  }
  const fields = new Map<string, Header[]>([...SINGLE, ...MULTIPLE].map((name) => [name, []]))
  for (const header of readHeaders(bytes)) fields.get(header.name.toLowerCase())?.push(header)
  const unparsed = new Map<string, readonly string[]>()
  for (const [name, headers] of fields) {
    const isRepeated = headers.length > 1 && SINGLE.some((single) => single === name)
    if (!isRepeated && headers.every(({ isUtf8 }) => isUtf8)) continue
    unparsed.set(
      name,
      headers.map(({ value }) => value),
    )
  }
  const values = (name: (typeof SINGLE)[number] | (typeof MULTIPLE)[number]): string[] =>
    unparsed.has(name) ? [] : (fields.get(name) ?? []).map(({ value }) => value)
  return {
    metadataVersion: values('metadata-version')[0],
    name: values('name')[0],
    version: values('version')[0],
    requiresDist: values('requires-dist'),
    requiresPython: values('requires-python')[0],
    providesExtra: values('provides-extra'),
    dynamic: values('dynamic'),
    unparsed,
  }
}

/** Whether each wheel built from the sdist with this PKG-INFO has its Requires-Dist (PEP 643: metadata 2.2 or later). */
export function hasStaticRequires({ metadataVersion, dynamic }: CoreMetadata): boolean {
  const [, major = '0', minor = '0'] = /^(\d{1,9})\.(\d{1,9})$/.exec(metadataVersion ?? '') ?? []
  const isRecent = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 2)
  return isRecent && !dynamic.some((field) => field.toLowerCase() === 'requires-dist')
}
