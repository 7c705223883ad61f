import { setImmediate } from 'node:timers/promises'
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { InvalidDocumentError } from '../errors.js'
import type { AdvisoryTable } from './advisory-index.js'
import { createTableBuilder } from './advisory-index.js'
import { parseRecord } from './record.js'
import type { RecordBatches } from './sources.js'
import { readDirectory, readLines } from './sources.js'
import type { FeedCounts } from './types.js'
import { readZip } from './zip.js'

/** A database as it was read. */
export interface FeedContent {
  readonly table: AdvisoryTable
  readonly counts: FeedCounts
  /** the first records that could not be read, one line each */
  readonly problems: readonly string[]
}

const MOST_PROBLEMS = 20

/**
 * Reads a database of OSV records: a zip archive (all.zip), a directory of files, or a file with one record a line.
 * Records are read one after the other and not kept.
 * @param prefixes of the ids that are wanted, such as `MAL-`
 * @throws InvalidDocumentError where it is damaged, hostile, or not a database; the file system's errors
 */
export async function readFeed(path: string, prefixes: readonly string[]): Promise<FeedContent> {
  const feed = await collect(openFeed(path, prefixes), prefixes)
  const { records, unreadable } = feed.counts
  if (records === unreadable) {
    throw new InvalidDocumentError(
      `${path} is not a database of OSV records: ${feed.problems[0] ?? 'it has no records'}`,
    )
  }
  return feed
}

function openFeed(path: string, prefixes: readonly string[]): RecordBatches {
  if (statSync(path).isDirectory()) return readDirectory(path, prefixes)
  return isZip(path) ? readZip(path, prefixes) : readLines(path)
}

function isZip(path: string): boolean {
  const start = Buffer.alloc(2)
  const fd = openSync(path, 'r')
  try {
    return readSync(fd, start, 0, 2, 0) === 2 && start.toString('latin1') === 'PK'
  } finally {
    closeSync(fd)
  }
}

async function collect(batches: RecordBatches, prefixes: readonly string[]): Promise<FeedContent> {
  const builder = createTableBuilder()
  const problems: string[] = []
  const counts = { records: 0, advisories: 0, withdrawn: 0, other: 0, unreadable: 0 }
  for await (const batch of batches) {
    // Reading and parsing never wait: signals and requests get their turn here.
    await setImmediate()
    for (const record of batch) {
      const parsed = parseRecord(record, prefixes)
      counts.records++
      switch (parsed.kind) {
        case 'advisory':
          counts.advisories++
          for (const affected of parsed.projects) builder.add(affected)
          break
        case 'unreadable':
          counts.unreadable++
          if (problems.length < MOST_PROBLEMS) problems.push(parsed.problem)
          break
        case 'withdrawn':
        case 'other':
          counts[parsed.kind]++
      }
    }
  }
  return { table: builder.finish(), counts, problems }
}
