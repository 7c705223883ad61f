import type { ProjectSerials } from './types.js'

export interface SerialList extends ProjectSerials {
  /** `name` is not empty */
  add(name: string, serial: number): void
}

const JOINED = 1024

/**
 * Projects and serials in the order they were added. Nobody looks a name up in the list of all of PyPI, so it
 * is no Map, which would take a second and three times the memory.
 */
export function createSerialList(): SerialList {
  /** each of JOINED names: a name alone would keep the text alive that it was cut out of */
  const texts: string[] = []
  const lengths: number[] = []
  const serials: number[] = []
  let recent: string[] = []
  return {
    get size() {
      return serials.length
    },
    add(name, serial) {
      recent.push(name)
      lengths.push(name.length)
      serials.push(serial)
      if (recent.length < JOINED) return
      texts.push(recent.join(''))
      recent = []
    },
    *[Symbol.iterator]() {
      let index = 0
      for (const text of [...texts, recent.join('')]) {
        for (let from = 0, to = 0; to < text.length; from = to, index += 1) {
          to = from + (lengths[index] ?? 0)
          yield [text.slice(from, to), serials[index] ?? 0]
        }
      }
    },
  }
}
