import { describe, expect, it } from 'vitest'
import { takeLock } from '../../src/commands/lock.js'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { LockedError } from '../../src/errors.js'
import { createFilesystemStorage } from '../../src/storage/filesystem/filesystem.js'
import { hostFacts } from '../../src/config/host.js'
import { memoryPlace, memoryStorage } from '../helpers/memory-storage.js'
import { memoryLog } from '../log/support.js'
import { bench } from './support.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }

describe('a lock that another run holds', () => {
  it('is waited for, and taken when it is free', async () => {
    const place = memoryPlace()
    const other = await memoryStorage(place).lock('verify')
    const { log, written } = memoryLog()
    const waiting = takeLock(memoryStorage(place), 'mirror', {
      waitSeconds: 600,
      log,
      signal: new AbortController().signal,
    })
    while (!written.stderr.includes('waiting for at most 10 min'))
      await new Promise((resolve) => setTimeout(resolve, 10))
    await other.release()
    await (await waiting).release()
    expect(written.stderr).toContain('the mirror is in use by "bandersnatch verify" (process 1 on memory); waiting')
    expect(place.lock).toBeUndefined()
  })

  it('is not waited for longer than that, nor after a signal', async () => {
    const place = memoryPlace()
    await memoryStorage(place).lock('verify')
    const { log } = memoryLog()
    const stop = new AbortController()
    await expect(
      takeLock(memoryStorage(place), 'mirror', { waitSeconds: 0.05, log, signal: stop.signal }),
    ).rejects.toBeInstanceOf(LockedError)
    const waiting = takeLock(memoryStorage(place), 'mirror', { waitSeconds: 600, log, signal: stop.signal })
    stop.abort(new Error('interrupted'))
    await expect(waiting).rejects.toThrow('interrupted')
  })

  it('is no failure with --if-free, and no word of it comes from a quiet run', async () => {
    const at = bench('http://127.0.0.1:9', 'no-such-option = 1\n')
    const options = { directory: at.mirror, managePermissions: true, host: hostFacts(), onLockLost: () => undefined }
    const storage = createFilesystemStorage(options)
    await storage.prepare([])
    const lock = await storage.lock('verify')
    const { log, written } = memoryLog({ level: 'quiet' })
    const setting = { ...at.setting, log, output: { ...at.setting.output, level: 'quiet' as const } }
    expect(await mirrorCommand(setting, { ...PLAIN, ifFree: true, wait: 0 })).toBe(0)
    expect(written.stderr).toBe('')
    expect(await mirrorCommand(at.setting, { ...PLAIN, ifFree: true, wait: 0 })).toBe(0)
    expect(at.logged()).toMatch(
      /INFO: the mirror is in use by "bandersnatch verify" .*; this run ends without doing anything/,
    )
    await expect(mirrorCommand(at.setting, PLAIN)).rejects.toBeInstanceOf(LockedError)
    await lock.release()
  })
})
