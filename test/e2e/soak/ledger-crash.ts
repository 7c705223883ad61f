import * as fs from 'node:fs'
import { createRequire, syncBuiltinESMExports } from 'node:module'

type Call = (...args: unknown[]) => unknown

const CHANGING = [
  'appendFileSync',
  'copyFileSync',
  'linkSync',
  'mkdirSync',
  'openSync',
  'renameSync',
  'rmSync',
  'rmdirSync',
  'symlinkSync',
  'unlinkSync',
  'writeFileSync',
] as const

/** How many changes below a directory are still possible. */
const left = new Map<string, number>()

function install(): void {
  const node = createRequire(import.meta.url)('node:fs') as Record<string, Call>
  for (const name of CHANGING) {
    const real = node[name] as Call
    node[name] = (...args) => {
      const [path, flags] = args
      if (typeof path === 'string' && !(name === 'openSync' && isReading(flags))) count(path)
      return real(...args)
    }
  }
  syncBuiltinESMExports()
}

function count(path: string): void {
  for (const [directory, calls] of left) {
    // The lock is spared, for this process lives on.
    if (!path.startsWith(`${directory}/`) || /\.bandersnatch\/lock/.test(path)) continue
    if (calls <= 0) throw Object.assign(new Error(`EIO: the disk is gone: '${path}'`), { code: 'EIO', path })
    left.set(directory, calls - 1)
  }
}

/**
 * Runs something whose disk fails for good after `calls` changes below a directory: what is left is what a process that
 * was killed at that moment leaves.
 */
export async function withCrash<T>(directory: string, calls: number, run: () => Promise<T>): Promise<T> {
  if (!installed) install()
  installed = true
  left.set(directory, calls)
  try {
    return await run()
  } finally {
    left.delete(directory)
  }
}

let installed = false

const { O_CREAT, O_RDWR, O_WRONLY } = fs.constants

function isReading(flags: unknown): boolean {
  return (
    flags === undefined || flags === 'r' || (typeof flags === 'number' && (flags & (O_CREAT | O_RDWR | O_WRONLY)) === 0)
  )
}
