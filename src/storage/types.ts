import type { FileSpec } from '../model/files.js'

/** What a storage knows about one stored file without reading it. */
export interface StoredStat {
  /** bytes */
  readonly size: number
  /** seconds since the epoch, with fraction: the upload time where the storage keeps one, else the time of the last write */
  readonly time: number
  /** a digest that is kept with the file (S3 object metadata); never set by a filesystem */
  readonly sha256?: string
}

/** One file of a listing. A listing of a bucket has no digests, and its times are those of the last write. */
export interface StoredEntry extends StoredStat {
  readonly key: string
}

export type CompareMethod = 'hash' | 'stat'
export type FileState = 'current' | 'missing' | 'mismatch'

export interface CheckOptions {
  /** `hash` compares digests. `stat` compares size and upload time, and digests only where one of them differs. */
  readonly method: CompareMethod
  /**
   * Whether a digest that is kept with a file proves its content (default: true). With `false` and `hash` the content
   * itself is checked: S3 compares the ETag where it is the MD5 of the content, and reads every other object.
   * A filesystem keeps no digests, so it reads the file in both cases.
   */
  readonly trustMetadata?: boolean
}

/**
 * Receives the bytes of one large file. Nothing is visible under the key before `commit`. Until `commit` or `abort` has
 * ended, no other writer of this process gets the key, so every receiver must be ended by one of them.
 */
export interface FileReceiver {
  /** number of bytes that are held already, from an earlier attempt too */
  readonly held: number
  /** the ETag or Last-Modified that came with the held bytes */
  readonly validator: string | undefined
  /** Must be called for each answer before its bytes are written. `resumed: false` drops the bytes that are held. */
  begin(answer: { readonly resumed: boolean; readonly validator: string | undefined }): Promise<void>
  /** @throws StorageError */
  write(chunk: Uint8Array): Promise<void> | void
  /**
   * Checks size and digest, sets the upload time and gives the file its name.
   * @throws IntegrityError after it has dropped the bytes
   */
  commit(): Promise<void>
  /**
   * Ends the attempt. The bytes are kept for the next attempt if `keep` is true and they have a validator.
   * A filesystem keeps them for later runs, S3 until `close`.
   */
  abort(keep: boolean): Promise<void>
}

/** A text file with one entry per line, written as it grows or when it is closed. The last line has no line feed, as in 8.0. */
export interface ListWriter {
  add(line: string): void
  close(): Promise<void>
}

export interface Lock {
  release(): Promise<void>
}

export interface RemoveOptions {
  /**
   * What happens to directories that a removal leaves empty. Default: they stay. `true` removes the directory of the
   * file, as 8.0 does in verify; `'all'` removes those above it too. The first two levels (`web/packages`) always stay.
   */
  readonly pruneParents?: boolean | 'all'
}

/** What a backend is like. The optional functions exist only where a backend can answer them. */
export interface StorageProperties {
  /** Whether a call is a request to a service, which takes time and may be billed. The engine then avoids needless calls. */
  readonly metered: boolean
  /** The number of bytes that can still be stored. @throws StorageError */
  readonly freeBytes?: () => Promise<number>
  /**
   * A text that changes when a state file changes, known without a request. undefined where it is not known; on S3 it
   * is known for state files that were written whole, while the lock is held.
   */
  readonly version?: (key: string) => string | undefined
  /**
   * Lists the release files once if that takes at most `requests` requests. `checkAll` then makes no request for a file
   * that is missing for sure. For a run that is about to check many files.
   */
  readonly survey?: (requests: number) => Promise<void>
}

/**
 * The place where a mirror is kept. A key is a path below the mirror directory with `/` as separator; all keys come from
 * model/layout.ts. Every write is atomic: a reader sees the old file or the new one. Every method throws StorageError
 * for a condition that concerns all other files too (disk full, read-only, not reachable).
 */
export interface Storage {
  readonly properties: StorageProperties
  /** The key as it is shown to users and written to diff files: an absolute path, on S3 `/bucket/key`. */
  location(key: string): string
  /** Creates directories. S3 has none: it stores their `.s3keep` markers together with the first file below them. */
  prepare(keys: readonly string[]): Promise<void>
  /**
   * Takes the lock that keeps other runs out. `command` tells other runs who holds it.
   * If the lock is lost later (another run took it after a long silence), writing to S3 throws StorageError.
   * @throws LockedError naming the holder
   */
  lock(command: string): Promise<Lock>

  /** @returns undefined when there is no such file */
  read(key: string): Promise<Buffer | undefined>
  /** Writes a page, metadata document or state file. `private`: mode 0600, which 8.0 gives its state files. */
  write(key: string, body: Uint8Array | string, options?: { readonly private?: boolean }): Promise<void>
  /** Writes a page whose text need not fit in memory at once. */
  writeStream(key: string, chunks: AsyncIterable<string> | Iterable<string>): Promise<void>
  /** Appends to a file below `.bandersnatch/` (the journal). S3 stores the text in batches; `flush` stores the rest. */
  append(key: string, text: string): Promise<void>
  /** Copies a page. */
  copy(key: string, source: string): Promise<void>
  /** Makes `key` show the content of `target`: a relative symbolic link on a filesystem, a copy on S3. */
  link(key: string, target: string): Promise<void>

  /** @returns undefined when there is no such file */
  stat(key: string): Promise<StoredStat | undefined>
  /**
   * Compares stored files with their specs, in the order of the specs. A filesystem hashes on all cores. With `stat`, the
   * upload time of a file that is right by its digest is corrected, as 8.0 does. S3 stores the digest and the upload
   * time with an object that has none.
   */
  checkAll(specs: readonly FileSpec[], options: CheckOptions): Promise<FileState[]>
  /** Stores a small file after checking it against the spec. @throws IntegrityError */
  put(spec: FileSpec, body: Uint8Array): Promise<void>
  /**
   * Starts to store a large file. Waits while another writer of this process has the key.
   * @returns undefined if that other writer stored what the spec asks for: there is nothing left to do
   */
  receive(spec: FileSpec): Promise<FileReceiver | undefined>

  /**
   * Removes a file, or all files of a list.
   * @returns how many files there were. For a list S3 sends up to 1000 keys a request and does not ask for each of them
   *   first: it counts every key, so a list should come from `walk` or `names`.
   */
  remove(keys: string | readonly string[], options?: RemoveOptions): Promise<number>
  /** Removes everything below a directory. */
  removeTree(key: string): Promise<void>
  /** Names directly below a directory, sorted by code point: directories only or files only. Empty if there is no such directory. */
  names(key: string, kind: 'directories' | 'files'): Promise<string[]>
  /** All files below a directory at any depth, in no particular order. */
  walk(key: string): AsyncIterable<StoredEntry>
  /**
   * Starts a list (the diff file) at `place`, which is not a key but a path, on S3 `/bucket/key`. If `place` is a
   * directory, the list is the file `nameInDirectory` in it. An older list is removed at once.
   */
  openList(place: string, nameInDirectory: string): Promise<ListWriter>

  /** After this, everything that was written survives a power failure. */
  flush(): Promise<void>
  close(): Promise<void>
}
