import type { MirrorConfig } from '../../config/types.js'
import type { ListWriter, Storage } from '../../storage/types.js'

/** Collects what a run changed, one location a line, for `diff-file`. */
export interface DiffFile {
  add(keys: readonly string[]): void
  /** Writes the file; nothing when no diff file is configured. */
  close(): Promise<void>
}

/** As 8.0: the file of the run before is gone as soon as a run starts. */
export async function openDiffFile(storage: Storage, config: MirrorConfig, now: Date): Promise<DiffFile> {
  if (config.diffFile === undefined) return { add: () => undefined, close: async () => undefined }
  const epoch = config.diffAppendEpoch ? `-${Math.floor(now.getTime() / 1000)}` : ''
  const writer: ListWriter = await storage.openList(config.diffFile + epoch, 'mirrored-files')
  return {
    add(keys) {
      for (const key of keys) writer.add(storage.location(key))
    },
    close: () => writer.close(),
  }
}
