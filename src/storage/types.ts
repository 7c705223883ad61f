import type { FileSpec } from '../model/files.js'

/** What a storage knows of one stored file without reading it. */
export interface StoredStat {
  /** bytes */
  readonly size: number
  /** upload time as kept by the storage: seconds since the epoch with fraction */
  readonly time: number
  /** digests the storage keeps beside the file (S3 object metadata); absent on a filesystem */
  readonly sha256?: string
}

/** One file met while listing; on S3 a listing tells no digest, and as time only that of the upload to the store. */
export interface StoredEntry extends StoredStat {
  readonly key: string
}

export type CompareMethod = 'hash' | 'stat'
export type FileState = 'current' | 'missing' | 'mismatch'

/** Takes the bytes of one large file; nothing is visible under the key before `commit`. */
export interface FileReceiver {
  /** bytes held from an earlier attempt, and the validator (ETag or Last-Modified) they came with */
  readonly held: number
  readonly validator: string | undefined
  /** called at each answer: `resumed` false drops what is held. */
  begin(answer: { readonly resumed: boolean; readonly validator: string | undefined }): Promise<void>
  /** @throws StorageError */
  write(chunk: Uint8Array): Promise<void> | void
  /** Checks size and digest, sets the time, gives the file its name. @throws IntegrityError (partial dropped) */
  commit(): Promise<void>
  /**
   * Ends the attempt; what is held stays for the next one when `keep` and there is a validator to resume with.
   * A filesystem holds it for later runs too, S3 until `close`.
   */
  abort(keep: boolean): Promise<void>
}

/** A text file of one entry a line, written at the end or as it grows. No newline at its end, as in 8.0. */
export interface ListWriter {
  add(line: string): void
  close(): Promise<void>
}

export interface Lock {
  release(): Promise<void>
}

/**
 * Where the mirror is kept. Keys are relative to the mirror directory, with `/`; they come from
 * model/layout.ts alone. Every write is atomic: a reader sees the old or the new file. All methods
 * throw StorageError for conditions that no other file would survive (full, read-only, gone).
 */
export interface Storage {
  readonly kind: 'filesystem' | 's3'
  /** The key as users and diff files see it: an absolute path, or bucket and key. */
  location(key: string): string
  /** Creates the directories that 8.0 creates; on S3 their `.s3keep` markers come with the first file stored below them. */
  prepare(keys: readonly string[]): Promise<void>
  /**
   * One lock for the whole run. `command` tells others who holds it. @throws LockedError naming the holder.
   * Once it is lost (S3: another run took it after long silence) everything that writes throws StorageError.
   */
  lock(command: string): Promise<Lock>

  /** undefined when there is no such file */
  read(key: string): Promise<Buffer | undefined>
  /** A page, metadata document or state file. `mode` only for files that 8.0 makes private (0o600). */
  write(key: string, body: Uint8Array | string, options?: { readonly private?: boolean }): Promise<void>
  /** Like write, from chunks that need not fit in memory together. */
  writeStream(key: string, chunks: AsyncIterable<string> | Iterable<string>): Promise<void>
  /** Adds to the end of a file in `.bandersnatch/` (the journal). S3 does so in batches: after `flush` all of it is stored. */
  append(key: string, text: string): Promise<void>
  /** A second copy of a page just written, at another key. */
  copy(key: string, source: string): Promise<void>
  /** Makes `key` show `target`, the key of a file just written: a symbolic link on a filesystem, a copy on S3. */
  link(key: string, target: string): Promise<void>

  /** Changes with the content, where that can be told without asking: on S3 for state files that are written whole. */
  version(key: string): string | undefined
  /** undefined when there is no such file */
  stat(key: string): Promise<StoredStat | undefined>
  /**
   * For a run that is going to check many files: S3 lists what is stored, unless that takes more requests than this, and
   * then asks for no file that is surely missing.
   */
  survey(requests: number): Promise<void>
  /**
   * Whether the stored file is what the spec says; `stat` reads no bytes where size and time agree. Where only the time
   * differs, `stat` puts it right, as 8.0 does. S3 trusts the digest kept with an object, and keeps one where none is.
   */
  check(spec: FileSpec, method: CompareMethod): Promise<FileState>
  /** Like check, of many files together: a filesystem hashes them on all cores. */
  checkAll(specs: readonly FileSpec[], method: CompareMethod): Promise<FileState[]>
  /** Hex digest of a stored file; on S3 the one kept with it, if any. @throws StorageError when there is no such file */
  digest(key: string, name: string): Promise<string>
  /** Stores a small file whole: verified against the spec before it gets its name. @throws IntegrityError */
  put(spec: FileSpec, body: Uint8Array): Promise<void>
  /** Stores a large file as it arrives. */
  receive(spec: FileSpec): Promise<FileReceiver>

  /**
   * false when there was nothing. A directory left empty stays unless `pruneParents`: `true` removes the file's own
   * (as 8.0 does in verify), 'all' those above it too, up to the second level (`web/packages`).
   */
  remove(key: string, options?: { readonly pruneParents?: boolean | 'all' }): Promise<boolean>
  /** The same for files that a walk just named: on S3 a thousand a request. */
  removeListed(keys: readonly string[], options?: { readonly pruneParents?: boolean | 'all' }): Promise<void>
  /** Removes everything below a key that stands for a directory. */
  removeTree(key: string): Promise<void>
  /** Names directly below a directory, sorted by code point; `directories` only, or files only. Empty when absent. */
  names(key: string, kind: 'directories' | 'files'): Promise<string[]>
  /**
   * Starts a list (the diff file) at a place of the user's choice, not a key: a path, on S3 `/bucket/key`. Where that is
   * a directory the list is the file `nameInDirectory` in it. What was there before is removed at once.
   */
  openList(place: string, nameInDirectory: string): Promise<ListWriter>
  /** All files below a directory, any depth, unordered. */
  walk(key: string): AsyncIterable<StoredEntry>

  /** bytes that can still be stored; undefined where nobody knows (S3) */
  freeBytes(): Promise<number | undefined>
  /** Everything written so far survives a power cut once this returns: one flush per checkpoint. */
  flush(): Promise<void>
  close(): Promise<void>
}
