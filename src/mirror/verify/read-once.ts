import type { Storage } from '../../storage/types.js'

/**
 * A storage that reads each file and lists each directory once, for the check of one project: several steps look at the
 * same pages and documents. After something was written, copied or removed, all is read again.
 */
export function readOnce(storage: Storage): Storage {
  const texts = new Map<string, Promise<Buffer | undefined>>()
  const lists = new Map<string, Promise<string[]>>()
  const forget = (): void => {
    texts.clear()
    lists.clear()
  }
  return {
    ...storage,
    read(key) {
      const known = texts.get(key) ?? storage.read(key)
      texts.set(key, known)
      return known
    },
    names(key, kind) {
      const known = lists.get(`${kind} ${key}`) ?? storage.names(key, kind)
      lists.set(`${kind} ${key}`, known)
      return known
    },
    write(...given) {
      forget()
      return storage.write(...given)
    },
    copy(...given) {
      forget()
      return storage.copy(...given)
    },
    link(...given) {
      forget()
      return storage.link(...given)
    },
    remove(...given) {
      forget()
      return storage.remove(...given)
    },
    removeTree(key) {
      forget()
      return storage.removeTree(key)
    },
  }
}
