import { open, readFile } from 'node:fs/promises'

/** bytes at the end of an HTML page, and at the start of a root list, that hold the serial */
const ENOUGH = 256

/**
 * The serial that a page or metadata document says of itself, as digits; undefined where it says none.
 * @param path an HTML page, a JSON page or a metadata document
 */
export async function readSerial(path: string): Promise<string | undefined> {
  if (/html$/.test(path)) return /<!--SERIAL (\d+)-->\s*$/.exec(await readEnd(path))?.[1]
  // The root list is large, and says it first.
  const head = /^\{"meta": \{"_last-serial": (\d+)/.exec(await readStart(path))?.[1]
  // Inside JSON's strings each quote has a backslash before it, so this is no string's content.
  return head ?? /"_?last[-_]serial": ?"?(\d+)/.exec(await readFile(path, 'utf8'))?.[1]
}

async function readStart(path: string): Promise<string> {
  return readPart(path, () => 0)
}

async function readEnd(path: string): Promise<string> {
  return readPart(path, (size) => Math.max(0, size - ENOUGH))
}

async function readPart(path: string, start: (size: number) => number): Promise<string> {
  const file = await open(path)
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(ENOUGH), 0, ENOUGH, start((await file.stat()).size))
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}
