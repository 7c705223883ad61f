import { closeSync, fstatSync, openSync } from 'node:fs'
import type { Entry, ZipFile } from 'yauzl'
import type * as yauzl from 'yauzl'
import { ConfigError, errorText, InvalidDocumentError } from '../errors.js'
import { oneLine } from '../one-line.js'
import type { RecordBatches } from './sources.js'
import { isSkipped, LARGEST_RECORD } from './sources.js'
import type { StoredEntry } from './zip-batch.js'
import { DEFLATED, STORED, unpack } from './zip-batch.js'
import type { ReadAt } from './zip-window.js'
import { createReader, createWindow } from './zip-window.js'

/** The library's own check of names is weaker than ours, and names as bytes cost less. */
const OPTIONS = { autoClose: false, decodeStrings: false }

/** Entries that are listed at a time. The library calls back at once, so this also bounds its recursion. */
const BATCH = 256
const MOST_ENTRIES = 2_000_000
/** Bytes of all records of an archive when unpacked. OSV's own for PyPI has less than a tenth. */
const LARGEST_ARCHIVE = 4 * 1024 ** 3
/** File names that a record may have: no dot at the beginning, so neither `..` nor hidden files. */
const RECORD = /^(?:[A-Za-z0-9_][A-Za-z0-9._-]*\/)*[A-Za-z0-9_][A-Za-z0-9._:-]*\.json$/

/**
 * The records in a zip archive such as OSV's all.zip. Nothing is written, so no name can lead anywhere; names that
 * no database has are refused all the same.
 * @throws InvalidDocumentError for a damaged or hostile archive; ConfigError where the package yauzl is missing
 */
export async function* readZip(path: string, prefixes: readonly string[]): RecordBatches {
  const library = await loadYauzl()
  const fd = openSync(path, 'r')
  try {
    const read = createWindow(fd)
    const { size } = fstatSync(fd)
    const zip = await library.fromRandomAccessReaderPromise(createReader(library, read), size, OPTIONS)
    if (zip.entryCount > MOST_ENTRIES) throw new InvalidDocumentError(`the archive has ${zip.entryCount} entries`)
    yield* readEntries(zip, { read, size, prefixes })
  } catch (error) {
    if (error instanceof InvalidDocumentError)
      throw new InvalidDocumentError(`${path}: ${error.message}`, { cause: error })
    throw new InvalidDocumentError(`${path} is not a usable zip archive: ${oneLine(errorText(error))}`, {
      cause: error,
    })
  } finally {
    closeSync(fd)
  }
}

async function loadYauzl(): Promise<typeof yauzl> {
  try {
    return await import('yauzl')
  } catch (error) {
    const problem = 'reading a zip archive of advisories needs the package yauzl, which is not installed'
    throw new ConfigError(`${problem}: run \`npm install yauzl@3\``, { cause: error })
  }
}

interface Archive {
  readonly read: ReadAt
  /** bytes of the archive */
  readonly size: number
  readonly prefixes: readonly string[]
}

async function* readEntries(zip: ZipFile, { read, size, prefixes }: Archive): RecordBatches {
  let packed = 0
  let unpacked = 0
  for (let listed = 0; listed < zip.entryCount;) {
    const entries = await nextEntries(zip, Math.min(BATCH, zip.entryCount - listed))
    listed += entries.length
    const records = entries
      .map((entry) => ({ name: entry.fileNameRaw.toString('latin1'), entry }))
      .filter(({ name }) => isRecord(name))
    const wanted = records.filter(({ name }) => !isSkipped(name, prefixes))
    for (const { name, entry } of wanted) {
      checkEntry(name, entry)
      packed += entry.compressedSize
      unpacked += entry.uncompressedSize
    }
    if (packed > size) throw new InvalidDocumentError('the archive has entries that overlap')
    if (unpacked > LARGEST_ARCHIVE) throw new InvalidDocumentError('the archive is too large when unpacked')
    const texts = unpack(wanted.map(({ name, entry }) => ({ name, ...stored(zip, entry, read) })))
    yield texts.map((text, index) => ({ name: wanted[index]?.name ?? '', text }))
    yield records.filter(({ name }) => isSkipped(name, prefixes)).map(({ name }) => ({ name, text: undefined }))
  }
}

/** @throws InvalidDocumentError for a name that no database of records has */
function isRecord(name: string): boolean {
  if (RECORD.test(name)) return true
  if (/^(?:[A-Za-z0-9_][A-Za-z0-9._-]*\/)+$/.test(name)) return false
  throw new InvalidDocumentError(`the archive has an entry with the name ${JSON.stringify(name)}`)
}

function checkEntry(name: string, entry: Entry): void {
  const { compressionMethod: method, uncompressedSize: size } = entry
  if (entry.isEncrypted() || (method !== STORED && method !== DEFLATED)) {
    throw new InvalidDocumentError(`the archive's entry ${name} is packed in a way that is not supported`)
  }
  if (size > LARGEST_RECORD) {
    throw new InvalidDocumentError(`the archive's entry ${name} has ${size} bytes when unpacked`)
  }
}

function nextEntries(zip: ZipFile, count: number): Promise<Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: Entry[] = []
    const finish = (error?: Error): void => {
      zip.off('entry', onEntry).off('error', finish)
      if (error === undefined) resolve(entries)
      else reject(error)
    }
    const onEntry = (entry: Entry): void => {
      entries.push(entry)
      if (entries.length < count) zip.readEntry()
      else finish()
    }
    zip.on('entry', onEntry).on('error', finish)
    zip.readEntry()
  })
}

/** An entry's bytes. The reader answers at once, so the library's callback has run when its call returns. */
function stored(zip: ZipFile, entry: Entry, read: ReadAt): Omit<StoredEntry, 'name'> {
  let start = -1
  zip.readLocalFileHeader(entry, { minimal: true }, (error, header) => {
    if (error !== null) throw error
    start = header.fileDataStart
  })
  const { compressionMethod: method, uncompressedSize: size, compressedSize } = entry
  const data = Buffer.allocUnsafe(compressedSize)
  read(data, start)
  return { method, crc32: entry.crc32, size, data }
}
