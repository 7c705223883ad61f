import * as fs from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, it, onTestFinished } from 'vitest'
import { generatedFile, generateIndex } from '../../helpers/index/index.js'
import type { PackageIndex } from '../../helpers/index/index.js'
import { createInspector } from './inspect.js'
import type { Inspector } from './inspect.js'
import { run, start, strayLines, writeConfig } from './program.js'
import type { Ended } from './program.js'
import { between, megabytes, randomNumbers } from './size.js'
import type { Soak } from './size.js'
import { scratch } from './stage.js'
import { truthOf } from './truth.js'
import type { Known, Truth } from './truth.js'
import { sentTwice, startMetered } from './upstream.js'
import type { Meter } from './upstream.js'

/** Bytes of the largest files. */
const large = (soak: Soak): number => soak.pick(2, 4) << 20

/** Bytes that a kill may cost in the short form: three connections with what is on its way, and small files. */
const LOST = 250 * 1024

/** When to strike: after so many requests, at a line of the log or at a change in a directory, then some milliseconds. */
interface Moment {
  readonly requests?: number
  readonly line?: RegExp
  /** the how many-th change of names directly in a directory below the mirror */
  readonly change?: { readonly in: string; readonly count: number }
  readonly ms: number
}

interface Stage {
  readonly soak: Soak
  readonly random: () => number
  readonly index: PackageIndex
  readonly meter: Meter
  readonly mirror: string
  readonly config: string
  readonly inspector: Inspector
  readonly known: Known
  readonly truths: Map<number, Truth>
  /** keys that the test spoiled, for verify to repair */
  readonly spoiled: Set<string>
  readonly counts: { kills: number; refused: number; longestRefusal: number; again: number; ended: number }
}

/** SIGKILL at random moments of everything that writes. */
export function killsSection(soak: Soak): void {
  it('a run that is killed leaves nothing wrong, and the next one goes on', { timeout: 1_200_000 }, async () => {
    const stage = await setUp(soak)
    const { counts, meter } = stage
    await firstSync(stage, soak.pick(3, 80))
    await incremental(stage, soak.pick(2, 60))
    await verifying(stage, soak.pick(1, 40))
    const { twice, total } = sentTwice(meter)
    await deleting(stage, soak.pick(1, 20))
    soak.say(
      'kills',
      `${counts.kills} SIGKILLs (and ${counts.ended} runs that were faster); ${megabytes(total)} fetched, ` +
        `${megabytes(twice)} of it twice (${((100 * twice) / total).toFixed(2)} %); ${counts.again} finished projects asked for again; ` +
        `${counts.refused} runs refused by a stale lock, ${(counts.longestRefusal / 1000).toFixed(1)} s at most`,
    )
    // A kill costs what is on its way then, however much there is to fetch.
    expect(twice).toBeLessThan(soak.full ? total / 100 : counts.kills * LOST)
    expect(counts.again).toBe(0)
  })
}

async function setUp(soak: Soak): Promise<Stage> {
  const index = generateIndex({ projects: soak.pick(40, 500), filesPerProject: 2, seed: soak.seed })
  const names = [...index.projects.keys()]
  const every = soak.pick(10, 5)
  names
    .filter((_, at) => at % every === 0)
    .forEach((name) => {
      index.publish(name, '9.0', [generatedFile(name, '9.0', { wheel: true, size: large(soak), seed: soak.seed })])
    })
  const known: Known = new Map()
  const truths = new Map<number, Truth>()
  const { server, meter } = await startMetered(index)
  onTestFinished(() => server.close())
  const base = scratch('kills')
  const mirror = join(base, 'mirror')
  const spoiled = new Set<string>()
  return {
    soak,
    index,
    meter,
    mirror,
    known,
    truths,
    spoiled,
    random: randomNumbers(soak.seed),
    config: writeConfig(join(base, 'conf'), { directory: mirror, master: server.url, workers: 3, json: 'true' }),
    inspector: createInspector(mirror, { known, truths, spoiled }),
    counts: { kills: 0, refused: 0, longestRefusal: 0, again: 0, ended: 0 },
  }
}

/** Starts a run and kills it at a moment; looks at what is left. A run that ended before is one that nobody killed. */
async function strike(stage: Stage, args: readonly string[], moment: Moment): Promise<Ended> {
  const { counts, inspector } = stage
  const finished = finishedProjects(stage)
  const ended = await startAndKill(stage, args, moment)
  if (ended.signal === 'SIGKILL') counts.kills += 1
  else {
    counts.ended += 1
    expect(ended.code, ended.stderr.slice(-2000)).toBe(0)
  }
  expect(strayLines(ended.stderr)).toEqual([])
  for (const [name, { asked, serial }] of finished) {
    const same = stage.index.projects.get(name)?.serial === serial
    if (same && stage.meter.documents.get(name) !== asked) counts.again += 1
  }
  expect(inspector.sweep(), `after ${args.join(' ')} killed at ${JSON.stringify(moment)}`).toEqual([])
  return ended
}

async function startAndKill(stage: Stage, args: readonly string[], moment: Moment): Promise<Ended> {
  const { meter, counts, config, mirror } = stage
  const firstTried = performance.now()
  for (;;) {
    const changed =
      moment.change === undefined ? undefined : changeIn(join(mirror, moment.change.in), moment.change.count)
    const running = start(['-c', config, ...args])
    let left = moment.requests ?? 0
    const reached = new Promise<void>((resolve) => {
      meter.onRequest = () => {
        left -= 1
        if (left <= 0) resolve()
      }
    })
    if (moment.requests !== undefined) await Promise.race([reached, running.ended])
    if (moment.line !== undefined) await running.logged(moment.line)
    if (changed !== undefined) await Promise.race([changed, running.ended])
    if (moment.ms > 0) await Promise.race([delay(moment.ms), running.ended])
    running.kill('SIGKILL')
    const ended = await running.ended
    if (ended.code !== 4) return ended
    await refused(counts, ended, firstTried)
  }
}

/** Runs a command to its end after a killed one: it may be refused by a lock without a name, though not for long. */
async function runAfter({ config, counts }: Stage, args: readonly string[]): Promise<Ended> {
  const firstTried = performance.now()
  for (;;) {
    const ended = await run(['-c', config, ...args])
    if (ended.code !== 4) return ended
    await refused(counts, ended, firstTried)
  }
}

/** Waits a moment, as an admin would. `firstTried`: when the first of the refused runs was started. */
async function refused(counts: Stage['counts'], { stderr }: Ended, firstTried: number): Promise<void> {
  counts.refused += 1
  counts.longestRefusal = Math.max(counts.longestRefusal, performance.now() - firstTried)
  // Five seconds, and what a busy machine takes to start and end programs.
  expect(counts.longestRefusal, stderr).toBeLessThan(7000)
  await delay(200)
}

function changeIn(directory: string, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count
    const watcher = fs.watch(directory, () => {
      left -= 1
      if (left > 0) return
      watcher.close()
      resolve()
    })
  })
}

/** What the run that was killed had finished: name, how often asked for, serial. */
function finishedProjects({ mirror, meter }: Stage): Map<string, { asked: number | undefined; serial: number }> {
  const path = join(mirror, '.bandersnatch/journal')
  const text = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : ''
  const finished = new Map<string, { asked: number | undefined; serial: number }>()
  for (const [, raw = '', serial] of text.matchAll(/^(\S+) ([1-9]\d*)\n/gm)) {
    const name = raw.toLowerCase().replace(/[-_.]+/g, '-')
    finished.set(name, { asked: meter.documents.get(name), serial: Number(serial) })
  }
  return finished
}

/** Runs to the end: then everything is there. */
async function complete(stage: Stage): Promise<void> {
  const { inspector, index, truths } = stage
  const ended = await runAfter(stage, ['mirror'])
  expect(ended.code, ended.stderr.slice(-2000)).toBe(0)
  const truth = truths.get(index.serial)
  expect(truth === undefined ? ['no truth'] : inspector.missing(truth)).toEqual([])
  expect(inspector.leftovers()).toEqual([])
}

function remember({ index, known, truths }: Stage): void {
  truths.set(index.serial, truthOf(index, known))
}

/** Some right after the start, some in the root index and the state files, most while projects come. */
function mirrorMoment(stage: Stage, requests: number): Moment {
  const { random } = stage
  const kind = random()
  if (kind < 0.1) return { line: /Syncing with|./, ms: between(random, 0, 60) }
  if (kind < 0.2) return { line: /Generating global index page|New mirror serial/, ms: between(random, 0, 25) }
  // Names come and go here for todo, status and the root pages.
  if (kind < 0.4) return { change: { in: random() < 0.7 ? '' : 'web/simple', count: between(random, 1, 8) }, ms: 0 }
  return { requests: between(random, 1, requests), ms: between(random, 0, 30) }
}

async function firstSync(stage: Stage, kills: number): Promise<void> {
  remember(stage)
  const { index, counts, random } = stage
  const requests = [...index.projects.values()].length * 5
  for (let left = kills; left > 0; left -= 1) {
    const early = random() < 0.1
    const moment = early
      ? { line: /./, ms: between(random, 0, 80) }
      : { requests: between(random, 1, Math.ceil((2 * requests) / kills)), ms: between(random, 0, 40) }
    await strike(stage, ['mirror'], moment)
    if (counts.ended > 0) break
  }
  await complete(stage)
}

async function incremental(stage: Stage, kills: number): Promise<void> {
  const { random, counts } = stage
  const wanted = counts.kills + kills
  for (let step = 1; counts.kills < wanted; step += 1) {
    change(stage, step)
    await strike(stage, ['mirror'], mirrorMoment(stage, 40))
    if (random() < 0.25) await complete(stage)
  }
  await complete(stage)
}

/** What happens at an index: releases, yanks, new projects and deleted ones. */
function change(stage: Stage, step: number): void {
  const { index, random, soak } = stage
  const names = [...index.projects.keys()]
  for (let count = 0; count < 6; count += 1) {
    const name = names[between(random, 0, names.length)] ?? ''
    const version = `20.${step}.${count}`
    const size = count === 0 ? large(soak) / 2 : between(random, 64, 4096)
    index.publish(name, version, [generatedFile(name, version, { wheel: true, size, seed: soak.seed })])
  }
  index.yank(names[between(random, 0, names.length)] ?? '', '1.0', 'broken')
  index.publish(`new-${step}`, '1.0', [
    generatedFile(`new-${step}`, '1.0', { wheel: false, size: 999, seed: soak.seed }),
  ])
  if (step % 3 === 0) index.deleteProject(names[between(random, 0, names.length)] ?? '')
  remember(stage)
}

async function verifying(stage: Stage, kills: number): Promise<void> {
  const { random, counts, known, mirror, meter, spoiled, truths, index } = stage
  const wanted = counts.kills + kills
  // Not those of deleted projects, which verify --delete takes away.
  const owned = [...(truths.get(index.serial)?.projects.values() ?? [])].flatMap(({ files }) => [...files.values()])
  const present = owned.flatMap((key) => (known.has(`${key}.metadata`) ? [key, `${key}.metadata`] : [key]))
  while (counts.kills < wanted) {
    for (let count = 0; count < 10; count += 1) {
      const key = present[between(random, 0, present.length)] ?? ''
      if (spoiled.has(key)) continue
      spoiled.add(key)
      const path = join(mirror, key)
      for (const [sent, tally] of meter.sent) {
        if (sent.startsWith(`${key.slice('web'.length)} `)) tally.needed += fs.statSync(path).size
      }
      if (random() < 0.5) fs.rmSync(path)
      else fs.writeFileSync(path, 'spoiled')
    }
    fs.rmSync(join(mirror, '.bandersnatch/verified'), { force: true })
    await strike(stage, ['verify'], { line: /Starting verify/, ms: between(random, 0, 1500) })
    if (random() < 0.2) await strike(stage, ['verify', '--delete'], { line: /We have/, ms: between(random, 0, 20) })
  }
  const ended = await runAfter(stage, ['verify', '--restart', '--delete'])
  expect(ended.code, ended.stderr.slice(-2000)).toBe(0)
  spoiled.clear()
  const truth = truths.get(index.serial)
  expect(truth === undefined ? ['no truth'] : stage.inspector.missing(truth)).toEqual([])
}

async function deleting(stage: Stage, kills: number): Promise<void> {
  const { random, counts, index, truths } = stage
  const wanted = counts.kills + kills
  for (let step = 0; counts.kills < wanted && step < 2 * kills; step += 1) {
    const names = [...(truths.get(index.serial)?.projects.keys() ?? [])].slice(0, 12)
    for (const truth of truths.values()) for (const name of names) truth.projects.delete(name)
    await strike(stage, ['delete', ...names], {
      change: { in: 'web/simple', count: between(random, 1, 20) },
      ms: between(random, 0, 3),
    })
    const again = await runAfter(stage, ['delete', ...names])
    expect(again.code, again.stderr.slice(-2000)).toBe(0)
  }
  const truth = truths.get(index.serial)
  expect(truth === undefined ? ['no truth'] : stage.inspector.missing(truth)).toEqual([])
}
