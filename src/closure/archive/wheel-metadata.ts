import { InvalidDocumentError } from '../../errors.js'
import { MAX_METADATA } from '../../packaging/metadata.js'
import { normalizeName } from '../../packaging/name.js'
import type { RandomAccess } from './random-access.js'
import { withEndRead } from './random-access.js'
import { LONGEST_END, readZipDirectory } from './zip-directory.js'
import { readZipEntry } from './zip-entry.js'

/**
 * METADATA out of a wheel, in one read of its last 64 KiB for most wheels and up to three more for others.
 * As pip wants it the wheel must have exactly one .dist-info directory, whose name begins with the project's.
 * https://packaging.python.org/en/latest/specifications/binary-distribution-format/
 * @param project any spelling
 * @throws InvalidDocumentError if the wheel is damaged or not as it should be
 */
export async function readWheelMetadata(wheel: RandomAccess, project: string): Promise<Buffer> {
  const file = await withEndRead(wheel, LONGEST_END)
  const entries = await readZipDirectory(file)
  const tops = new Set(entries.map(({ name }) => name.split('/', 1)[0] ?? ''))
  const directories = [...tops].filter((name) => name.endsWith('.dist-info'))
  const [directory] = directories
  if (directory === undefined) throw new InvalidDocumentError('the wheel has no .dist-info directory')
  if (directories.length > 1) {
    throw new InvalidDocumentError(
      `the wheel has ${directories.length} .dist-info directories: ${directories.sort().join(', ')}`,
    )
  }
  if (!normalizeName(directory).startsWith(normalizeName(project))) {
    throw new InvalidDocumentError(`the wheel's ${JSON.stringify(directory)} is not of ${project}`)
  }
  const [entry, second] = entries.filter(({ name }) => name === `${directory}/METADATA`)
  if (entry === undefined) throw new InvalidDocumentError(`the wheel has no ${directory}/METADATA`)
  if (second !== undefined) throw new InvalidDocumentError(`the wheel has ${directory}/METADATA twice`)
  return readZipEntry(file, entry, MAX_METADATA)
}
