import pLimit from 'p-limit'

/** Runs the download of a large file when it is its turn. */
export type BigFiles = <T>(download: () => Promise<T>) => Promise<T>

/**
 * Large files get at most half of the requests under way, so that small files and metadata do not wait for them.
 * @param requests the most requests under way
 */
export function createBigFiles(requests: number): BigFiles {
  const limit = pLimit(Math.max(1, Math.floor(requests / 2)))
  return (download) => limit(download)
}
