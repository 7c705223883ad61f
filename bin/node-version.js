'use strict'

/** The oldest Node.js that the program runs on: `engines` in package.json. Written so that any Node.js can read it. */
const OLDEST = [20, 18, 1]

/** Ends the process with exit code 2 and one line where Node.js is too old. */
exports.checkNodeVersion = function checkNodeVersion() {
  const version = process.versions.node
  const parts = version.split('.').map(Number)
  const at = OLDEST.findIndex((part, index) => part !== parts[index])
  if (at < 0 || parts[at] > OLDEST[at]) return
  console.error(`bandersnatch needs Node.js ${OLDEST.join('.')} or later; this is ${version} (${process.execPath})`)
  process.exit(2)
}
