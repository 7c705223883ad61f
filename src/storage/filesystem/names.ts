import * as fs from 'node:fs'
import { callOf } from './steps.js'

type Kind = 'directories' | 'files'

/** So many entries are read at a time: the directories of a million projects take no memory but for their names. */
const LISTING = { bufferSize: 4096 }

function isOf(kind: Kind, path: string, entry: fs.Dirent): boolean {
  const isDirectory = entry.isSymbolicLink()
    ? fs.statSync(`${path}/${entry.name}`, { throwIfNoEntry: false })?.isDirectory() === true
    : entry.isDirectory()
  return isDirectory === (kind === 'directories')
}

/** Names directly below a directory, in no order. A symbolic link counts as what it leads to. */
export const listNames = callOf(
  (path: string, kind: Kind) => {
    const directory = fs.opendirSync(path, LISTING)
    try {
      const names: string[] = []
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
        if (isOf(kind, path, entry)) names.push(entry.name)
      }
      return names
    } finally {
      directory.closeSync()
    }
  },
  async (path: string, kind: Kind) => {
    const names: string[] = []
    for await (const entry of await fs.promises.opendir(path, LISTING)) {
      if (isOf(kind, path, entry)) names.push(entry.name)
    }
    return names
  },
)
