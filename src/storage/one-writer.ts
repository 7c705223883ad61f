import type { FileSpec } from '../model/files.js'
import type { FileReceiver } from './types.js'

/**
 * Gives each key to one writer at a time, in the order in which they ask. Two projects may list the same file, and a
 * project may list a file twice.
 */
export interface OneWriter {
  /** Runs `store` once the key is free, unless the writer before stored what the spec asks for. */
  put(spec: FileSpec, store: () => Promise<void> | void): Promise<void>
  /**
   * Opens a receiver once the key is free. The next writer gets the key when the receiver is committed or aborted.
   * @returns undefined if the writer before stored what the spec asks for
   */
  receive(spec: FileSpec, open: () => Promise<FileReceiver>): Promise<FileReceiver | undefined>
}

/** @param isStored whether the file of a spec is stored, by its digest; asked only after waiting */
export function createOneWriter(isStored: (spec: FileSpec) => Promise<boolean>): OneWriter {
  const last = new Map<string, Promise<void>>()

  /** Waits for the key. @returns what ends the turn; undefined if the file is stored already */
  async function take(spec: FileSpec): Promise<(() => void) | undefined> {
    const before = last.get(spec.key)
    let release = (): void => undefined
    const mine = new Promise<void>((resolve) => (release = resolve))
    last.set(spec.key, mine)
    const end = (): void => {
      if (last.get(spec.key) === mine) last.delete(spec.key)
      release()
    }
    if (before === undefined) return end
    await before
    try {
      if (!(await isStored(spec))) return end
    } catch (error) {
      end()
      throw error
    }
    end()
    return undefined
  }

  return {
    async put(spec, store) {
      const end = await take(spec)
      if (end === undefined) return
      try {
        await store()
      } finally {
        end()
      }
    },
    async receive(spec, open) {
      const end = await take(spec)
      if (end === undefined) return undefined
      try {
        return endingTurn(spec, await open(), end)
      } catch (error) {
        end()
        throw error
      }
    },
  }
}

/** The receiver, which takes nothing more once it was committed or aborted. */
function endingTurn(spec: FileSpec, receiver: FileReceiver, end: () => void): FileReceiver {
  let isOpen = true
  const assertOpen = (): void => {
    if (!isOpen) throw new Error(`the transfer of ${spec.filename} has ended: nothing more can be written`)
  }
  return {
    get held() {
      return receiver.held
    },
    get validator() {
      return receiver.validator
    },
    async begin(answer) {
      assertOpen()
      await receiver.begin(answer)
    },
    write(chunk) {
      assertOpen()
      return receiver.write(chunk)
    },
    async commit() {
      assertOpen()
      isOpen = false
      await receiver.commit().finally(end)
    },
    async abort(keep) {
      if (!isOpen) return
      isOpen = false
      await receiver.abort(keep).finally(end)
    },
  }
}
