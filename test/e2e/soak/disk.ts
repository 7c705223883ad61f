import { execFileSync, spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { generatedFile, generateIndex } from '../../helpers/index/index.js'
import { createInspector } from './inspect.js'
import type { Inspector } from './inspect.js'
import { run, start, strayLines } from './program.js'
import type { Ended, StartOptions } from './program.js'
import type { Soak } from './size.js'
import { scratch, silence, smallStage } from './stage.js'
import type { Stage } from './stage.js'
import { truthOf } from './truth.js'
import type { Known, Truth } from './truth.js'

const LARGE = 3 << 20

interface DiskStage extends Stage {
  readonly inspector: Inspector
  readonly truth: Truth
}

/** An index of about six megabytes, one large file among them. `at`: where the mirror is seen from outside. */
async function diskStage(directory: string, at = directory): Promise<DiskStage> {
  const index = generateIndex({ projects: 60, filesPerProject: 4, sizes: [4096, 32_768] })
  index.publish('project-00030', '9.0', [generatedFile('project-00030', '9.0', { wheel: true, size: LARGE })])
  const stage = await smallStage('disk', { index, mirror: { directory, json: 'true' } })
  const known: Known = new Map()
  const truth = truthOf(index, known)
  return Object.assign(stage, {
    truth,
    inspector: createInspector(at, { known, truths: new Map([[truth.serial, truth]]) }),
  })
}

/** A small file system that only the programs run `by` it see by its path; others see it at `at`. */
interface Disk {
  readonly directory: string
  readonly at: string
  readonly by: readonly string[]
  remount(options: string): void
}

/**
 * A tmpfs in a mount namespace of its own: needs root, or a system that lets users have namespaces. It is gone with the
 * process that holds it. undefined where there is neither.
 */
async function smallDisk(options: string): Promise<Disk | undefined> {
  const directory = scratch('mount')
  const root = process.getuid?.() === 0
  const user = root ? [] : ['--user', '--map-root-user']
  const keeper = spawn(
    'unshare',
    [
      ...user,
      '--mount',
      'sh',
      '-c',
      `mount -t tmpfs -o ${options} soak "$0" && echo ready && exec sleep 3600`,
      directory,
    ],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const closed = new Promise((resolve) => keeper.once('close', resolve))
  onTestFinished(async () => {
    keeper.kill('SIGKILL')
    await closed
  })
  const ready = await new Promise<boolean>((resolve) => {
    keeper.once('error', () => resolve(false))
    keeper.stdout.once('data', () => resolve(true))
    keeper.once('close', () => resolve(false))
  })
  if (!ready) return undefined
  const target = ['--target', String(keeper.pid), '--mount', ...(root ? [] : ['--user', '--preserve-credentials'])]
  return {
    directory,
    at: `/proc/${keeper.pid}/root${directory}`,
    by: ['nsenter', ...target],
    remount: (how) => void execFileSync('nsenter', [...target, 'mount', '-o', `remount,${how}`, directory]),
  }
}

/**
 * Where the system gives no file system of one's own: no file may grow beyond eight kilobytes, so that real writes fail
 * here too. A library's signal handler must not make the end of the program of it.
 */
const LIMITED: StartOptions = {
  by: ['sh', '-c', 'ulimit -f 16; exec "$@"', 'sh'],
  env: { NODE_OPTIONS: '--import=data:text/javascript,process.on(%22SIGXFSZ%22,()=>undefined)' },
}

/** Root obeys permissions as everybody else does. */
const OBEDIENT: readonly string[] =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] : []

interface Expected {
  readonly stage: DiskStage
  /** what is said of the reason, and where */
  readonly reason: RegExp
}

/** The run said in one line what and where, ended with 5 and left nothing half. */
function expectStopped({ code, stderr, ms }: Ended, { stage, reason }: Expected): void {
  expect(code, stderr.slice(-2000)).toBe(5)
  const errors = stderr.split('\n').filter((line) => / ERROR: /.test(line))
  expect(errors, stderr.slice(-2000)).toHaveLength(1)
  expect(errors[0]).toMatch(reason)
  expect(strayLines(stderr)).toEqual([])
  expect(stage.inspector.sweep()).toEqual([])
  expect(stage.inspector.leftovers()).toEqual([])
  expect(ms).toBeLessThan(30_000)
}

async function expectHealed(stage: DiskStage, options: StartOptions = {}): Promise<void> {
  const { code, stderr } = await run(['-c', stage.config, 'mirror'], options)
  expect(code, stderr.slice(-2000)).toBe(0)
  expect(stage.inspector.missing(stage.truth)).toEqual([])
  expect(stage.inspector.leftovers()).toEqual([])
}

/** Files and their metadata in a complete mirror: what a run that goes on would ask for. */
function fileCount({ projects }: Truth): number {
  return [...projects.values()].reduce((sum, { files }) => sum + files.size, 0)
}

/** Storage that fails: full, out of inodes, read-only, forbidden, gone. */
/** Removes a directory in which a run makes others: `maxRetries` of rmSync does not look at what is new. */
function removeFrom(directory: string): void {
  for (;;) {
    try {
      return fs.rmSync(directory, { recursive: true, force: true })
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY')) throw error
    }
  }
}

export function diskSection(soak: Soak): void {
  describe('a storage that fails', () => {
    it.each(
      soak.some(
        [
          ['has no space', 'size=2m', /cannot write \/.*: no space \(or no inodes\) left \(ENOSPC\)$/],
          [
            'has space for all but the large file',
            'size=5m',
            /cannot write \/.*: no space \(or no inodes\) left \(ENOSPC\)$/,
          ],
          [
            'has no inodes',
            'nr_inodes=300',
            /cannot (write|create the directory) \/.*: no space \(or no inodes\) left \(ENOSPC\)$/,
          ],
          ['has no inodes for a start', 'nr_inodes=4', /cannot .* \/.*: no space \(or no inodes\) left \(ENOSPC\)$/],
        ] as const,
        4,
      ),
    )('%s: the run stops, the next one heals', { timeout: 120_000 }, async (_, options, reason) => {
      const disk = await smallDisk(options)
      const directory = disk?.directory ?? join(scratch('limit'), 'mirror')
      const how = disk === undefined ? LIMITED : { by: disk.by }
      const stage = await diskStage(directory, disk?.at)
      const failed = await run(['-c', stage.config, 'mirror'], how)
      expectStopped(failed, { stage, reason: disk === undefined ? /cannot write \// : reason })
      expect(stage.server.count(/^GET \/packages/)).toBeLessThan(fileCount(stage.truth))
      disk?.remount('size=64m,nr_inodes=100000')
      await expectHealed(stage, disk === undefined ? {} : how)
      soak.say(
        'disk',
        `${options}: ${disk === undefined ? 'no mounting here, a file size limit instead' : 'tmpfs'}, stopped after ${(failed.ms / 1000).toFixed(1)} s`,
      )
    })

    it('lets no file grow', { timeout: 120_000 }, async () => {
      const stage = await diskStage(join(scratch('limit'), 'mirror'))
      expectStopped(await run(['-c', stage.config, 'mirror'], LIMITED), { stage, reason: /cannot write \/.*EFBIG/ })
      await expectHealed(stage)
    })

    it('fails while other downloads hang: they are given up', { timeout: 120_000 }, async () => {
      const stage = await diskStage(join(scratch('limit'), 'mirror'))
      let hanging = 0
      stage.hook = ({ path }) => {
        if (!path.startsWith('/pypi/') || hanging === 3) return 'pass'
        hanging += 1
        return silence
      }
      const ended = await run(['-c', stage.config, 'mirror'], LIMITED)
      expectStopped(ended, { stage, reason: /cannot write \// })
      expect(ended.ms).toBeLessThan(9_000)
    })

    it('becomes read-only in the middle of a run', { timeout: 120_000 }, async () => {
      const disk = await smallDisk('size=64m')
      const directory = disk?.directory ?? join(scratch('readonly'), 'mirror')
      const stage = await diskStage(directory, disk?.at)
      // With many requests under way a file is always open for writing, and the system would refuse.
      fs.writeFileSync(
        stage.config,
        fs.readFileSync(stage.config, 'utf8').replace('[mirror]', '[mirror]\nmax-requests = 3'),
      )
      const lock = (mode: 'ro' | 'rw'): void => {
        if (disk !== undefined) disk.remount(mode)
        else
          for (const each of ['web/packages', '.bandersnatch/tmp'])
            fs.chmodSync(join(directory, each), mode === 'ro' ? 0o555 : 0o755)
      }
      let files = 0
      stage.hook = ({ path }) => {
        if (path.startsWith('/packages/') && !/00030/.test(path) && (files += 1) === 40) lock('ro')
        return 'pass'
      }
      const by = disk?.by ?? OBEDIENT
      const ended = await run(['-c', stage.config, 'mirror'], { by })
      expectStopped(ended, {
        stage,
        reason: /cannot .* \/.*: (the file system is read-only \(EROFS\)|permission denied \(EACCES\))$/,
      })
      // What was asked for together with the first file that failed, and no more.
      expect(files).toBeLessThan(40 + 30)
      lock('rw')
      await expectHealed(stage, { by })
      if (disk === undefined) return
      disk.remount('ro')
      for (const args of [['mirror'], ['verify'], ['delete', 'project-00001']]) {
        const again = await run(['-c', stage.config, ...args], { by })
        expectStopped(again, { stage, reason: /cannot .* \/.*: the file system is read-only \(EROFS\)$/ })
      }
    })

    it.each(
      soak.some(
        [
          ['', 0o555],
          ['web/packages', 0o555],
          ['web/simple', 0o555],
          ['web/json', 0o555],
          ['.bandersnatch', 0o555],
          ['.bandersnatch/tmp', 0o555],
          ['status', 0o000],
          ['web/packages', 0o000],
        ] as const,
        8,
      ),
    )('forbids writing in "%s" (%i)', { timeout: 120_000 }, async (place, mode) => {
      const stage = await diskStage(join(scratch('denied'), 'mirror'))
      await expectHealed(stage, { by: OBEDIENT })
      const { index } = stage
      for (const name of index.projects.keys())
        index.publish(name, '10.0', [generatedFile(name, '10.0', { wheel: true, size: 4000 })])
      const known: Known = new Map()
      const truth = truthOf(index, known)
      const truths = new Map([
        [truth.serial, truth],
        [stage.truth.serial, stage.truth],
      ])
      const grown = {
        ...stage,
        truth,
        inspector: createInspector(stage.mirror === '' ? '' : directoryOf(stage), { known, truths }),
      }
      const path = join(directoryOf(stage), place)
      fs.chmodSync(path, mode)
      const ended = await run(['-c', stage.config, 'mirror'], { by: OBEDIENT })
      expectStopped(ended, { stage: grown, reason: /cannot .* \/.*: permission denied \(EACCES\)$/ })
      fs.chmodSync(path, place === 'status' ? 0o600 : 0o755)
      await expectHealed(grown, { by: OBEDIENT })
    })

    it.each(soak.some(['moved away', 'deleted'] as const, 2))(
      'is %s in the middle of a run',
      { timeout: 120_000 },
      async (how) => {
        const stage = await diskStage(join(scratch('gone'), 'mirror'))
        const directory = directoryOf(stage)
        let files = 0
        stage.hook = ({ path }) => {
          if (path.startsWith('/packages/') && (files += 1) === 40) {
            if (how === 'moved away') fs.renameSync(directory, `${directory}.away`)
            else removeFrom(directory)
          }
          return 'pass'
        }
        const { code, stderr, ms } = await run(['-c', stage.config, 'mirror'])
        expect(code, stderr.slice(-2000)).toBe(5)
        expect(stderr.split('\n').filter((line) => / ERROR: /.test(line))).toEqual([
          expect.stringMatching(/cannot .* \/.*: the directory has vanished \(ENOENT\)$/),
        ])
        expect(strayLines(stderr)).toEqual([])
        expect(ms).toBeLessThan(30_000)
        // Nothing is made anew in the place of what is gone: that could be a mount point.
        expect(fs.existsSync(directory)).toBe(false)
        if (how === 'moved away') fs.renameSync(`${directory}.away`, directory)
        await expectHealed(stage)
      },
    )

    it('holds a lock that vanishes', { timeout: 120_000 }, async () => {
      const stage = await diskStage(join(scratch('gone'), 'mirror'))
      const asked = new Promise<void>((resolve) => {
        stage.hook = ({ path }) => {
          if (!path.startsWith('/pypi/')) return 'pass'
          resolve()
          return silence
        }
      })
      const running = start(['-c', stage.config, 'mirror'])
      await asked
      fs.renameSync(directoryOf(stage), `${directoryOf(stage)}.away`)
      const { code, stderr } = await running.ended
      expect(code, stderr.slice(-2000)).toBe(5)
      expect(stderr).toMatch(/ERROR: cannot keep the lock \/.*: the directory has vanished \(ENOENT\)\n$/)
    })
  })
}

function directoryOf({ config }: Stage): string {
  return /^directory = (.*)$/m.exec(fs.readFileSync(config, 'utf8'))?.[1] ?? ''
}
