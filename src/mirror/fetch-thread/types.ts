import type { FetchOptions, FilesOutcome, OwedFile } from '../run/outcome.js'

/**
 * Another thread that fetches files, as one alone cannot keep a fast network busy. It has half of the run's `workers`,
 * and up to as many projects at a time.
 */
export interface FetchThread {
  /** Tells how many projects there are to do: for many the thread starts with the first files. */
  expect(projects: number): void
  /** Whether it has time for the files of another project. */
  takes(): boolean
  /**
   * Fetches a project's files. undefined where the thread ended before it was done: the caller has to fetch them.
   * @throws StorageError
   */
  fetch(owed: readonly OwedFile[], options: FetchOptions): Promise<FilesOutcome | undefined>
  /** Ends its requests. */
  abort(): void
  /** Ends the thread. */
  close(): Promise<void>
}
