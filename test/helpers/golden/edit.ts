import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import type { Edit } from './cases.js'

/** Makes a recorded change in the mirror directory. */
export function applyEdit(directory: string, edit: Edit): void {
  const path = join(directory, edit.path)
  switch (edit.op) {
    case 'write':
      fs.mkdirSync(dirname(path), { recursive: true })
      fs.writeFileSync(path, edit.base64 === undefined ? (edit.text ?? '') : Buffer.from(edit.base64, 'base64'))
      break
    case 'append':
      fs.appendFileSync(path, edit.text ?? '')
      break
    case 'truncate':
      fs.truncateSync(path, edit.size ?? 0)
      break
    case 'flip':
      flip(path, edit.at ?? 0)
      break
    case 'delete':
      fs.unlinkSync(path)
      break
    case 'rmtree':
      fs.rmSync(path, { recursive: true })
      break
    case 'mkdir':
      fs.mkdirSync(path, { recursive: true })
      break
    case 'symlink':
      fs.mkdirSync(dirname(path), { recursive: true })
      fs.symlinkSync((edit.target ?? '').replaceAll('@DIR@', directory), path)
      break
    case 'touch':
      if (!fs.existsSync(path)) fs.writeFileSync(path, '')
      break
    default:
      throw new Error(`unknown edit ${edit.op}`)
  }
  if (edit.mtime !== undefined) fs.utimesSync(path, edit.mtime, edit.mtime)
  if (edit.mode !== undefined) fs.chmodSync(path, parseInt(edit.mode, 8))
}

/** Changes the lowest bit of one byte and keeps the mtime. */
function flip(path: string, at: number): void {
  // Half a microsecond more, for Node cuts what it is given.
  const seconds = fs.statSync(path).mtimeMs / 1000 + 5e-7
  const bytes = fs.readFileSync(path)
  bytes[at] = (bytes[at] ?? 0) ^ 1
  fs.writeFileSync(path, bytes)
  fs.utimesSync(path, seconds, seconds)
}
