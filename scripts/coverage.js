// npm run coverage: the unit lane with coverage, and the share of lines that it reaches in each room of src/.
// It fails when a room is below its floor in vitest.config.ts. A report for reading: coverage/index.html.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'

const ROOT = join(import.meta.dirname, '..')
const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
const args = [vitest, 'run', '--project', 'unit', '--coverage']
const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' })

function roomOf(path) {
  if (path === 'total') return 'all of src'
  const [room, second, ...rest] = relative(join(ROOT, 'src'), path).split(sep)
  if (second === undefined) return 'src itself'
  return room === 'storage' && rest.length > 0 ? `${room}/${second}` : room
}

const rooms = new Map()
const summary = JSON.parse(readFileSync(join(ROOT, 'coverage', 'coverage-summary.json'), 'utf8'))
for (const [path, { lines }] of Object.entries(summary)) {
  const sum = rooms.get(roomOf(path)) ?? { covered: 0, total: 0 }
  rooms.set(roomOf(path), { covered: sum.covered + lines.covered, total: sum.total + lines.total })
}
console.log('\nLines that the unit tests reach:')
for (const [room, { covered, total }] of [...rooms].sort(([a], [b]) => (a < b ? -1 : 1))) {
  const percent = ((100 * covered) / total).toFixed(1)
  console.log(`  ${room.padEnd(18)} ${percent.padStart(5)} % of ${total}`)
}
process.exit(status ?? 1)
