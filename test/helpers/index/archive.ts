import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileBody } from './body.js'
import { parseCoreMetadata } from './core-metadata.js'
import type { PackageIndex } from './package-index.js'
import { createPackageIndex } from './package-index.js'
import { readTarGzMember } from './tar.js'
import type { Body, Upload } from './types.js'
import { readZipMember } from './zip.js'

/** A file of a directory that could not be taken into the index, and why. */
export interface Skipped {
  readonly path: string
  readonly reason: string
}

/**
 * An index of the real wheels and sdists in a directory and those below it, described by their own core metadata.
 * Of files with the same name the first is taken.
 */
export function indexFromDirectory(directory: string): { readonly index: PackageIndex; readonly skipped: Skipped[] } {
  return archivesBelow([directory])
}

/** The same of several directories. */
export function archivesBelow(directories: readonly string[]): {
  readonly index: PackageIndex
  readonly skipped: Skipped[]
} {
  const index = createPackageIndex()
  const skipped: Skipped[] = []
  const seen = new Set<string>()
  for (const path of directories.flatMap(archivesIn)) {
    if (seen.has(basename(path))) continue
    seen.add(basename(path))
    try {
      const upload = readArchive(path)
      const metadata = parseCoreMetadata(upload.metadata)
      index.publish(metadata.one('Name') ?? '', metadata.one('Version') ?? '', [upload])
    } catch (error) {
      skipped.push({ path, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  return { index, skipped }
}

/**
 * A wheel or an sdist on disk.
 *
 * @throws Error when its core metadata cannot be read
 */
export function readArchive(path: string): Upload {
  const filename = basename(path)
  const body = fileBody(path)
  const metadata = readMetadata(filename, body)
  if (metadata === undefined) throw new Error(`no core metadata in ${filename}`)
  return { filename, body, metadata, servesMetadata: filename.endsWith('.whl') }
}

function readMetadata(filename: string, body: Body): Buffer | undefined {
  if (filename.endsWith('.whl')) return readZipMember(body, /^[^/]+\.dist-info\/METADATA$/)
  if (filename.endsWith('.zip')) return readZipMember(body, /^[^/]+\/PKG-INFO$/)
  return readTarGzMember(body, /^(?:\.\/)?[^/]+\/PKG-INFO$/)
}

function archivesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:whl|tar\.gz|zip)$/.test(path))
    .sort()
    .map((path) => join(directory, path))
}
