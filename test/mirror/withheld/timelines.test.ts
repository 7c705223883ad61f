import fc from 'fast-check'
import { expect, it } from 'vitest'
import { runMirror } from '../../../src/mirror/mirror.js'
import { runSync } from '../../../src/mirror/sync.js'
import { runVerify } from '../../../src/mirror/verify.js'
import { engine, NOW } from '../../helpers/engine.js'
import type { Engine } from '../../helpers/engine.js'
import { startIndex } from '../../helpers/index/index.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import { createWorld, dyingStorage } from './world.js'
import type { Step, World } from './world.js'

const DAY = 24 * 3600_000
const FULL = process.env['SOAK'] === 'full'
const SEED = Number(process.env['SOAK_SEED'] ?? 1)
const PROJECTS = ['one', 'two', 'three']
const FLAGS = { forceCheck: false, allowRemovals: true, retryFailed: false }

const project = fc.constantFrom(...PROJECTS)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 60 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('upload' as const), project, old: fc.boolean() }) },
  { weight: 6, arbitrary: fc.constant({ kind: 'run' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('kill' as const), writes: fc.integer({ min: 0, max: 25 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'yank' as const,
        'unyank' as const,
        'remove' as const,
        'quarantine' as const,
        'clear' as const,
      ),
      project,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('min-days' as const), days: fc.constantFrom(0, 0.5, 2, 5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('clock' as const), days: fc.constantFrom(-30, -3, 0, 0, 3, 30) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sync' as const), project }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'verify' as const }) },
)

const config = fc.record({
  json: fc.boolean(),
  format: fc.constantFrom('ALL', 'JSON', 'HTML'),
  version: fc.constantFrom('1.1', '1.4'),
  policy: fc.constantFrom('delete', 'unlist'),
  metered: fc.boolean(),
})
type Config = typeof config extends fc.Arbitrary<infer T> ? T : never

/** Filenames of a project's release files on each of its pages. */
function visible(run: Engine, name: string): string[][] {
  const pages = run.keys(new RegExp(`^web/simple/${name}/index`))
  return pages.map((key) => {
    const text = run.text(key) ?? ''
    const names = key.endsWith('json')
      ? [...text.matchAll(/"filename": "([^"]+)"/g)]
      : [...text.matchAll(/>([^<]+\.(?:whl|tar\.gz))</g)]
    return names.map(([, file = '']) => file).sort()
  })
}

/** Names of release files in the storage. */
function onDisk(run: Engine): string[] {
  return run.keys(/^web\/packages\/.*(?:\.whl|\.tar\.gz)$/).map((key) => key.slice(key.lastIndexOf('/') + 1))
}

/** The latest upload that is not too young. */
function oldEnough(world: World): number {
  const days = world.minDays()
  // Without the filter nothing is too young, not even what the clock takes to be in the future.
  return days === 0 ? Infinity : world.clock().getTime() - days * DAY
}

function maturedNow(world: World): Map<string, string[]> {
  const limit = oldEnough(world)
  return new Map(
    [...world.offered()].map(([name, files]) => [
      name,
      files.flatMap(({ filename, uploadTime }) => (uploadTime.getTime() <= limit ? [filename] : [])).sort(),
    ]),
  )
}

async function live(configured: Config, steps: readonly Step[]): Promise<void> {
  const world = createWorld(NOW.getTime())
  const server = await startIndex(world.index)
  const place = memoryPlace()
  /** files that were old enough for some run: only they may be stored */
  const ever = new Set<string>()
  const lines = [
    'workers = 2',
    'removal-limit = 100',
    `json = ${configured.json}`,
    `simple-format = ${configured.format}`,
    `simple-api-version = ${configured.version}`,
    `removed-projects = ${configured.policy}`,
  ]

  async function start(writes?: number): Promise<Engine> {
    const days = world.minDays()
    const sections = days === 0 ? '' : `[plugins]\nenabled = release_age\n[release_age]\nmin_days = ${days}\n`
    const options = { url: server.url, mirror: lines.join('\n'), sections, place, now: world.clock() }
    const properties = { metered: configured.metered }
    for (const [file, time] of world.uploaded) if (time <= oldEnough(world)) ever.add(file)
    return engine({
      ...options,
      properties,
      ...(writes === undefined ? {} : { wrap: (one) => dyingStorage(one, writes) }),
    })
  }

  /** No page and no stored file has what was too young for every run so far. */
  function checkAlways(run: Engine): void {
    for (const name of PROJECTS) for (const file of visible(run, name).flat()) expect(ever).toContain(file)
    for (const file of onDisk(run)) if (!file.startsWith('anchor')) expect(ever).toContain(file)
  }

  /** After a run that ended, pages have exactly what is old enough, and all of it is stored. */
  function checkDone(run: Engine): void {
    expect(run.report.failures).toEqual([])
    const stored = new Set(onDisk(run))
    for (const name of PROJECTS) {
      const wanted = maturedNow(world).get(name) ?? []
      const pages = visible(run, name)
      if (wanted.length > 0) expect(pages, name).not.toEqual([])
      for (const files of pages) expect({ name, files }).toEqual({ name, files: wanted })
      for (const file of wanted) expect(stored).toContain(file)
    }
  }

  async function act(one: Step): Promise<void> {
    if (world.apply(one)) return
    const run = await start(one.kind === 'kill' ? one.writes : undefined)
    try {
      if (one.kind === 'run' || one.kind === 'kill') await runMirror(run, FLAGS)
      else if (one.kind === 'sync') await runSync(run, [one.project], { writeRoot: true })
      else if (run.keys(/^web\/simple\/[^/]+\/index/).length > 0)
        await runVerify(run, { delete: true, dryRun: false, jsonUpdate: false, restart: true, yes: true })
      if (one.kind === 'run') checkDone(run)
    } catch (error) {
      if (!(one.kind === 'kill' && error instanceof Error && error.message === 'killed')) throw error
      place.lock = undefined
    } finally {
      await run.http.close()
    }
    checkAlways(run)
  }

  try {
    for (const one of steps) await act(one)
    await act({ kind: 'run' })
    // Whatever happened: when enough time has passed, everything is there.
    await act({ kind: 'clock', days: 0 })
    await act({ kind: 'run' })
    await act({ kind: 'pass', hours: 6 * 24 })
    await act({ kind: 'run' })
  } finally {
    await server.close()
  }
}

it(
  `on ${FULL ? '1,000' : '12'} random timelines nothing young is ever visible, and all that is old is there (seed ${SEED})`,
  async () => {
    const steps = fc.array(step, { minLength: 4, maxLength: 25 })
    await fc.assert(fc.asyncProperty(config, steps, live), {
      numRuns: FULL ? 1000 : 12,
      seed: SEED,
      endOnFailure: !FULL,
    })
  },
  FULL ? 3_600_000 : 300_000,
)
