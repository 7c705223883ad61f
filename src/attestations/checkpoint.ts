import { Refused } from './refused.js'

/** What a log's signed checkpoint says. */
interface Checkpoint {
  readonly treeSize: string
  /** base64 */
  readonly rootHash: string
}

/**
 * A signature line. The library takes the name for a regular expression, so only plain host names and paths may
 * reach it.
 */
const SIGNATURE = /^\u2014 [A-Za-z0-9./:_-]{1,200} [A-Za-z0-9+/]{8,2000}={0,2}$/

/**
 * Reads a log's checkpoint without checking its signatures.
 * https://github.com/transparency-dev/formats/blob/main/log/README.md
 * @throws Refused
 */
export function parseCheckpoint(text: string): Checkpoint {
  const end = text.indexOf('\n\n')
  const [, treeSize = '', rootHash = ''] = text.slice(0, Math.max(end, 0)).split('\n')
  const signatures = text.slice(end + 2).split('\n')
  const isNote = end >= 0 && signatures.length >= 2 && signatures.length <= 17 && signatures.at(-1) === ''
  if (!isNote || !/^[1-9][0-9]{0,15}$/.test(treeSize) || !/^[A-Za-z0-9+/]{43}=$/.test(rootHash)) {
    throw new Refused('checkpoint-malformed', 'the checkpoint is not a signed note of a log')
  }
  if (!signatures.slice(0, -1).every((line) => SIGNATURE.test(line))) {
    throw new Refused('checkpoint-malformed', 'the checkpoint has a line that is not a signature')
  }
  return { treeSize, rootHash }
}
