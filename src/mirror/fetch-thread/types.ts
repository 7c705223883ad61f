import type { Refusal } from '../../upstream/types.js'
import type { FetchOptions, FilesOutcome, OwedFile } from '../run/outcome.js'

/**
 * Other threads that fetch files, as one alone cannot keep a fast network busy. They share the run's requests under way
 * with the main thread. Each takes as many projects at a time as it may send requests.
 */
export interface FetchThreads {
  /** Tells how many projects there are to do: for many, threads start with the first files. */
  expect(projects: number): void
  /**
   * Fetches a project's files. undefined where no thread has time for them, or the thread ended before it was done: the
   * caller has to fetch them.
   * @throws StorageError
   */
  fetch(owed: readonly OwedFile[], options: FetchOptions): Promise<FilesOutcome | undefined>
  /** Tells them that a host refused requests of the main thread. */
  heed(refusal: Refusal): void
  /** Ends their requests. */
  abort(): void
  /** Ends the threads. */
  close(): Promise<void>
}
