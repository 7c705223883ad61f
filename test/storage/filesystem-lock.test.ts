import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { hostFacts } from '../../src/config/host.js'
import { LockedError } from '../../src/errors.js'
import { lockDirectory } from '../../src/storage/filesystem/lock.js'
import type { Host } from '../../src/storage/filesystem/lock.js'
import { lockFiles } from '../../src/storage/filesystem/lock-file.js'
import { claimLock } from '../../src/storage/lock-claim.js'
import type { Lock } from '../../src/storage/types.js'

const scratch = mkdtempSync(join(tmpdir(), 'lock-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const WAIT = { timeout: 30_000, interval: 50 }
let root: string
let own: string
let lock: string
let lost: string[]
beforeEach(() => {
  root = mkdtempSync(join(scratch, 'mirror-'))
  own = join(root, '.bandersnatch')
  lock = join(own, 'lock')
  lost = []
  mkdirSync(own)
})

const path = (key: string): string => join(root, key)

/** The machine: processes that run, by process id. */
const RUNNING: ReadonlyMap<number, string> = new Map([
  [1, 'started at 10'],
  [100, 'started at 20'],
  [200, 'started at 30'],
])

function host(changes: Partial<Host> = {}): Host {
  return {
    pid: 100,
    bootId: 'boot',
    pidNamespace: 'pid:[1]',
    umask: 0o022,
    processIdentity: (pid) => RUNNING.get(pid),
    ...changes,
  }
}

function take(changes: Partial<Host> = {}, command = 'mirror'): Promise<Lock> {
  return lockDirectory(command, { path, host: host(changes), onLost: (error) => void lost.push(error.message) })
}

/** What a run writes that holds the lock: by default one whose process has ended. */
function holder(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    run: 'r',
    command: 'sync',
    pid: 300,
    host: hostname(),
    since: '2026-01-01T00:00:00.000Z',
    identity: 'started at 5',
    boot: 'boot',
    pidNamespace: 'pid:[1]',
    ...changes,
  })
}

/** Leaves a lock that was touched so long ago. */
function leave(text: string, ageSeconds = 0): void {
  writeFileSync(lock, text)
  age(lock, ageSeconds)
}

function age(file: string, seconds: number): void {
  const time = new Date(Date.now() - seconds * 1000)
  utimesSync(file, time, time)
}

async function refusal(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(LockedError)
  return String(error)
}

describe('the lock of a mirror directory', () => {
  it('names the run that holds it, and is gone when it is released', async () => {
    const held = await take()
    expect(JSON.parse(readFileSync(lock, 'utf8'))).toMatchObject({
      command: 'mirror',
      pid: 100,
      host: hostname(),
      identity: 'started at 20',
      boot: 'boot',
      pidNamespace: 'pid:[1]',
    })
    expect(await refusal(take({ pid: 200 }))).toMatch(/in use by "bandersnatch mirror" \(process 100 on .*, since 2/)
    await held.release()
    expect(readdirSync(own)).toEqual([])
  })

  const judged: readonly (readonly [string, Record<string, unknown>, number, 'taken' | 'kept'])[] = [
    ['a process that has ended', {}, 0, 'taken'],
    ['a process id that another program has now', { pid: 200 }, 0, 'taken'],
    ['a process that lives, however silent', { pid: 200, identity: 'started at 30' }, 9_000, 'kept'],
    ['an earlier process with the same id', { pid: 100 }, 0, 'taken'],
    ['this very process', { pid: 100, identity: 'started at 20' }, 15, 'kept'],
    ['this very process, silent', { pid: 100, identity: 'started at 20' }, 40, 'taken'],
    ['another pid namespace', { pid: 1, pidNamespace: 'pid:[2]' }, 15, 'kept'],
    ['another pid namespace, silent', { pid: 1, pidNamespace: 'pid:[2]' }, 40, 'taken'],
    [
      'another pid namespace, where such a process lives',
      { pid: 1, identity: 'started at 10', pidNamespace: '' },
      40,
      'taken',
    ],
    ['another boot', { boot: 'another' }, 15, 'kept'],
    ['another boot, silent', { boot: 'another' }, 40, 'taken'],
    ['another host', { host: 'elsewhere' }, 15, 'kept'],
    ['another host, silent', { host: 'elsewhere' }, 40, 'taken'],
  ]
  it.each(judged)('of %s', async (_, changes, ageSeconds, expected) => {
    leave(holder(changes), ageSeconds)
    if (expected === 'kept') {
      expect(await refusal(take())).toContain('in use by "bandersnatch sync"')
      expect(readFileSync(lock, 'utf8')).toBe(holder(changes))
    } else {
      const held = await take()
      expect(readFileSync(lock, 'utf8')).toContain('"command":"mirror"')
      await held.release()
    }
    expect(readdirSync(own).filter((name) => name.startsWith('lock-'))).toEqual([])
  })

  it.each(['', '{"pid":', '7', 'null', '{"command":"mirror"}', '{"host":"h"}'])(
    'that does not say who holds it (%j) is free after five seconds',
    async (text) => {
      leave(text)
      expect(await refusal(take())).toContain('in use by another run')
      age(lock, 6)
      await (await take()).release()
    },
  )

  it('is never written through a symbolic link', async () => {
    const outside = join(scratch, 'outside')
    writeFileSync(outside, holder({ host: 'elsewhere' }))
    symlinkSync(outside, lock)
    expect(await refusal(take())).toContain('in use by another run')
    expect(readFileSync(outside, 'utf8')).toBe(holder({ host: 'elsewhere' }))
  })

  it('of version 1.0, a directory with a file beside it, is understood', async () => {
    const old = holder({ host: 'elsewhere' })
    mkdirSync(lock)
    writeFileSync(join(own, 'lock-holder.json'), old)
    expect(await refusal(take())).toContain('in use by "bandersnatch sync" (process 300 on elsewhere')
    age(lock, 40)
    const held = await take()
    expect(statSync(lock).isFile()).toBe(true)
    await held.release()
    expect(readdirSync(own)).toEqual(['tmp'])
  })

  it('of the future is free when nobody touches it', async () => {
    leave(holder({ host: 'elsewhere' }), -3600)
    const touched = setInterval(() => age(lock, -3600 - Math.random()), 500)
    expect(await refusal(take())).toContain('in use by')
    clearInterval(touched)
    await (await take()).release()
  })

  it('goes to exactly one of several runs that find it dead', async () => {
    for (let round = 0; round < 20; round++) {
      leave(holder())
      const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(() => take()))
      const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
      expect(won).toHaveLength(1)
      expect(lost).toEqual([])
      await won[0]?.release()
    }
  })

  it('is not taken over if it is no longer the one that was found dead', async () => {
    leave(holder())
    const alive = holder({ run: 'another', pid: 200, identity: 'started at 30' })
    let found = 0
    const claimed = claimLock({
      objects: lockFiles(path),
      text: 'mine',
      isDead() {
        found += 1
        // Another run takes the dead lock over just now.
        if (found === 1) writeFileSync(lock, alive)
        return found === 1
      },
      limitMs: 60_000,
      onTakeOver: () => undefined,
    })
    expect(await refusal(claimed)).toContain('process 200')
    expect(readFileSync(lock, 'utf8')).toBe(alive)
    expect(readdirSync(own)).toEqual(['lock'])
  })

  it('is not taken over by a run that was held up meanwhile', async () => {
    leave(holder())
    const objects = lockFiles(path)
    const claimed = claimLock({ objects, text: 'mine', isDead: () => true, limitMs: -1, onTakeOver: () => undefined })
    expect(await refusal(claimed)).toContain('process 300')
    expect(readFileSync(lock, 'utf8')).toBe(holder())
  })

  it('is taken over although a run was killed while it did that', async () => {
    leave(holder())
    const right = `${lock}-after-${createHash('sha256').update(holder()).digest('hex').slice(0, 32)}`
    writeFileSync(right, holder({ pid: 200, identity: 'started at 30', command: 'verify' }))
    expect(await refusal(take())).toContain('bandersnatch verify')
    writeFileSync(right, holder({ pid: 400, command: 'verify' }))
    await (await take()).release()
    expect(existsSync(right)).toBe(false)
  })
})

describe('a run that holds the lock', () => {
  it('touches it', async () => {
    const held = await take()
    age(lock, 20)
    await vi.waitFor(() => expect(Date.now() - statSync(lock).mtimeMs).toBeLessThan(19_000), WAIT)
    expect(lost).toEqual([])
    await held.release()
  })

  it('makes it again when somebody removed it', async () => {
    const held = await take()
    const text = readFileSync(lock, 'utf8')
    rmSync(lock)
    await vi.waitFor(() => expect(readFileSync(lock, 'utf8')).toBe(text), WAIT)
    expect(lost).toEqual([])
    await held.release()
  })

  it('is told who took it, once, and leaves it to them', async () => {
    const held = await take()
    writeFileSync(lock, holder({ host: 'elsewhere' }))
    // Much less than the time for which other errors are borne.
    await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 12_000 })
    expect(lost[0]).toBe(
      'the mirror\'s lock was taken by "bandersnatch sync" (process 300 on elsewhere, since 2026-01-01T00:00:00.000Z); this run stops',
    )
    const { mtimeMs } = statSync(lock)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(statSync(lock).mtimeMs).toBe(mtimeMs)
    await held.release()
    expect(readFileSync(lock, 'utf8')).toBe(holder({ host: 'elsewhere' }))
    expect(lost).toHaveLength(1)
  })

  it('bears that the directory is out of reach for a moment', async () => {
    const held = await take()
    renameSync(own, `${own}-away`)
    // Long enough for a heartbeat.
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    renameSync(`${own}-away`, own)
    age(lock, 20)
    await vi.waitFor(() => expect(Date.now() - statSync(lock).mtimeMs).toBeLessThan(19_000), WAIT)
    expect(lost).toEqual([])
    await held.release()
  })

  it('gives up when the directory stays out of reach', async () => {
    await take()
    rmSync(root, { recursive: true })
    await vi.waitFor(() => expect(lost).toHaveLength(1), { timeout: 60_000, interval: 200 })
    expect(lost[0]).toMatch(/cannot .*lock: the directory has vanished \(ENOENT\)/)
  })

  it('does not touch it any more after the release', async () => {
    await (await take()).release()
    leave(holder({ host: 'elsewhere' }), 10)
    const { mtimeMs } = statSync(lock)
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(statSync(lock).mtimeMs).toBe(mtimeMs)
    expect(lost).toEqual([])
  })
})

describe('the facts about this host', () => {
  it.runIf(process.platform === 'linux')('tell the pid namespace, the boot and the start of a process', () => {
    const facts = hostFacts()
    expect(facts.pidNamespace).toMatch(/^pid:\[\d+\]$/)
    expect(facts.bootId).toMatch(/^[0-9a-f-]{36}$/)
    expect(facts.processIdentity(process.pid)).toMatch(/^\d+$/)
    expect(facts.processIdentity(2 ** 22 + 1)).toBeUndefined()
  })
})
