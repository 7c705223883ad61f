import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorText } from '../../errors.js'
import { countText } from '../../count.js'
import { bytesText } from '../figures.js'

/** What was found: `problem` keeps a run from working. */
export interface Finding {
  readonly text: string
  readonly problem: boolean
}

/** Below this share free, a run of any size is likely to fail. */
const TIGHT = 0.02

/** Room for the mirror on its file system, and whether it can be written to. */
export function spaceFindings(directory: string): Finding[] {
  const existing = nearestDirectory(directory)
  const findings: Finding[] = []
  if (!statSync(existing).isDirectory()) return [{ text: `${existing} is not a directory`, problem: true }]
  if (existing !== directory)
    findings.push({ text: `${directory} is not there yet: the first run makes it`, problem: false })
  try {
    accessSync(existing, constants.W_OK | constants.X_OK)
  } catch (error) {
    return [...findings, { text: `${existing} cannot be written to: ${errorText(error)}`, problem: true }]
  }
  const { bsize, blocks, bavail, files, ffree } = statfsSync(existing)
  findings.push(amount('space', bavail, blocks, `${bytesText(bavail * bsize)} of ${bytesText(blocks * bsize)} free`))
  // Some file systems make inodes as they are needed and say that there are none.
  if (files > 0) findings.push(amount('inodes', ffree, files, `${countText(ffree)} of ${countText(files)} free`))
  return findings
}

function amount(what: string, free: number, all: number, text: string): Finding {
  if (free === 0) return { text: `${what}: ${text}: nothing more can be stored`, problem: true }
  return { text: `${what}: ${text}${free < all * TIGHT ? ': hardly any' : ''}`, problem: false }
}

function nearestDirectory(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestDirectory(dirname(path))
}
