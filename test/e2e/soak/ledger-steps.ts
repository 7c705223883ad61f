import { renameSync } from 'node:fs'
import { expect } from 'vitest'
import { checkLinks, completeMirror, expectedNames, isWanted } from './ledger-check.js'
import { edited } from './ledger-config.js'
import type { LedgerConfig } from './ledger-config.js'
import type { Draw } from './ledger-draw.js'
import { damage } from './ledger-damage.js'
import { LIES, lying } from './ledger-lies.js'
import { pageNames, pagesOf } from './ledger-pages.js'
import type { Command, Stop, World } from './ledger-world.js'

/** One thing that happens to a mirror. Returns it in words. */
type Step = (world: World, draw: Draw) => Promise<string> | string

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const change: Step = (world, draw) => world.change(draw)

const editOptions: Step = (world, draw) => edit(world, edited(world.config, 'options', draw))
const editFilters: Step = (world, draw) => edit(world, edited(world.config, 'filters', draw))

function edit(world: World, config: LedgerConfig): string {
  const texts = Object.entries(config).filter(([name, value]) => world.config[name as keyof LedgerConfig] !== value)
  // A project that the filters no longer want is forgotten, and so is that it was deleted.
  if (config.names !== world.config.names) for (const name of world.deleted.keys()) world.deleted.set(name, 'unsure')
  world.config = config
  return `edit ${texts.map(([name, value]) => `${name} = ${value}`).join(', ')}`
}

const complete: Step = async (world) => {
  await completeMirror(world)
  return 'mirror'
}

/** An edit under which a run begins and is interrupted; then it is taken back. */
const takeBack: Step = async (world, draw) => {
  const before = world.config
  const made = edit(world, edited(before, draw.from(['options', 'filters']), draw))
  const ran = await interrupt(world, draw)
  return `${made}; ${ran}; ${edit(world, before)}`
}

const interrupt: Step = async (world, draw) => {
  const command = anyCommand(world, draw)
  const stop: Stop = draw.below(2) === 0 ? { atRequest: draw.below(20) } : { atChange: draw.below(60) }
  noteDeleted(world, command, true)
  const { code } = await world.run(command, stop)
  checkLinks(world)
  return `${JSON.stringify(command)} stopped ${JSON.stringify(stop)}: exit ${code}`
}

const command: Step = async (world, draw) => {
  const chosen = anyCommand(world, draw)
  if (chosen.kind === 'mirror') {
    await completeMirror(world)
    return 'mirror'
  }
  noteDeleted(world, chosen, false)
  const { code } = await world.run(chosen)
  checkLinks(world)
  return `${JSON.stringify(chosen)}: exit ${code}`
}

function anyCommand(world: World, draw: Draw): Command {
  const names = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'e'].filter((name) =>
    isWanted(world.config, name),
  )
  const served = [...pageNames(pagesOf(world.directory))]
  const kind = draw.below(8)
  if (kind < 2) return { kind: 'mirror' }
  if (kind === 2) return { kind: 'mirror', forceCheck: true }
  if (kind === 3) return { kind: 'sync', names: [draw.from(names)] }
  if (kind === 4 && served.length > 1) return { kind: 'delete', names: [draw.from(served)] }
  return { kind: 'verify', delete: draw.below(2) === 0, jsonUpdate: draw.below(4) === 0 }
}

function noteDeleted(world: World, { kind, ...command }: Command, interrupted: boolean): void {
  const { deleted, index } = world
  if ('forceCheck' in command) {
    if (interrupted) for (const name of deleted.keys()) deleted.set(name, 'unsure')
    else deleted.clear()
  }
  if (!('names' in command)) return
  for (const name of command.names) {
    if (interrupted) deleted.set(name, 'unsure')
    else if (kind === 'sync') deleted.delete(name)
    else deleted.set(name, serialSeen(world, name))
  }
}

/** The serial that the mirror knows of a project; 'unsure' where upstream changed it since. */
function serialSeen({ index, seen }: World, name: string): number | 'unsure' {
  const serial = index.projects.get(name)?.serial ?? Infinity
  return serial <= seen ? serial : 'unsure'
}

const move: Step = (world) => {
  const moved = world.directory.endsWith('2') ? world.directory.slice(0, -1) : `${world.directory}2`
  renameSync(world.directory, moved)
  world.directory = moved
  return 'move the mirror'
}

/** Nothing that upstream still lists is removed by a run against an upstream that lies. The clock stands still meanwhile. */
const lie: Step = async (world, draw) => {
  const what = draw.from(Object.keys(LIES) as (keyof typeof LIES)[])
  const flags = { forceCheck: draw.below(2) === 0 }
  if (draw.below(2) === 0) await completeMirror(world)
  const before = pagesOf(world.directory)
  if (flags.forceCheck) for (const name of world.deleted.keys()) world.deleted.set(name, 'unsure')
  const { code, log } = await lying(world, what, { kind: 'mirror', ...flags })
  const after = pageNames(pagesOf(world.directory))
  const listed = expectedNames(world, [])
  const lost = [...pageNames(before)].filter((name) => listed.includes(name) && !after.has(name))
  expect(lost, `${what}: projects are removed\n${log}`).toEqual([])
  checkLinks(world)
  const said = `${what} ${flags.forceCheck ? 'with --force-check' : ''}: exit ${code}`
  if (draw.below(2) === 0) return said
  await completeMirror(world)
  return `${said}; mirror`
}

const damaged: Step = async (world, draw) => {
  const what = damage(world.directory, draw)
  const ran = await world.run({ kind: 'verify', delete: draw.below(2) === 0 })
  checkLinks(world)
  return `${what}; verify: exit ${ran.code}`
}

const day: Step = async (world) => {
  await completeMirror(world)
  world.clock += DAY
  return 'mirror; a day passes'
}

const WEIGHTS: readonly (readonly [Step, number])[] = [
  [change, 6],
  [editOptions, 4],
  [editFilters, 3],
  [complete, 3],
  [takeBack, 3],
  [interrupt, 4],
  [command, 5],
  [lie, 2],
  [move, 1],
  [day, 1],
  [damaged, 1],
]
const BAG = WEIGHTS.flatMap(([step, weight]) => Array<Step>(weight).fill(step))

/** Does one step, chosen by `draw`. Ten minutes pass. */
export async function doStep(world: World, draw: Draw): Promise<string> {
  const text = await draw.from(BAG)(world, draw)
  world.clock += 10 * MINUTE
  return text
}
