import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { IntegrityError, StorageError, UnsafePathError } from '../../src/errors.js'
import { createFilesystemStorage } from '../../src/storage/filesystem/filesystem.js'
import type { Storage } from '../../src/storage/types.js'
import { specOf, storageContract } from './contract.js'

const scratch = mkdtempSync(join(tmpdir(), 'storage-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let lastPid = 1_000_000

/** A storage as another process would open it: all of them are alive. */
function open(directory: string, umask = 0o022, now?: () => number): Storage {
  lastPid += 1
  return createFilesystemStorage({
    directory,
    managePermissions: true,
    host: { pid: lastPid, bootId: 'boot', pidNamespace: 'pid:[1]', umask, processIdentity: () => 'alive' },
    onLockLost: () => undefined,
    ...(now === undefined ? {} : { now }),
  })
}

/** A clock by which each call takes ten milliseconds: all but the first calls are made in the thread pool. */
function slowClock(): () => number {
  let time = 0
  return () => (time += 10)
}

const clocks = [
  ['filesystem', undefined],
  ['slow filesystem', slowClock],
] as const

for (const [name, clock] of clocks)
  storageContract(name, async () => {
    const base = mkdtempSync(join(scratch, 'contract-'))
    const directory = join(base, 'mirror')
    mkdirSync(directory)
    return {
      async open() {
        const storage = open(directory, 0o022, clock?.())
        // So many calls tell that they are slow.
        if (clock !== undefined) for (let call = 0; call < 40; call += 1) await storage.stat('web')
        return storage
      },
      listPlace: join(base, 'lists', 'changed'),
      readList: async (place) => (existsSync(place) ? readFileSync(place, 'utf8') : undefined),
    }
  })

describe('the filesystem storage', () => {
  async function prepared(): Promise<{ directory: string; storage: Storage }> {
    const directory = mkdtempSync(join(scratch, 'own-'))
    const storage = open(directory)
    await storage.prepare(['web/packages'])
    return { directory, storage }
  }

  it('writes nothing through a symbolic link that leaves the mirror', async () => {
    const { directory, storage } = await prepared()
    const outside = mkdtempSync(join(scratch, 'outside-'))
    symlinkSync(outside, join(directory, 'web/packages/aa'))
    const spec = specOf('web/packages/aa/bb/x.whl', 'bytes')
    await expect(storage.put(spec, Buffer.from('bytes'))).rejects.toBeInstanceOf(UnsafePathError)
    expect(readdirSync(outside)).toEqual([])
    // Not even where the same bytes are there already.
    writeFileSync(join(outside, 'page'), 'page')
    await expect(storage.write('web/packages/aa/page', 'page')).rejects.toBeInstanceOf(UnsafePathError)
  })

  it('leaves nothing behind of a file with the wrong bytes', async () => {
    const { directory, storage } = await prepared()
    await expect(storage.put(specOf('web/packages/x.whl', 'right'), Buffer.from('wrong'))).rejects.toBeInstanceOf(
      IntegrityError,
    )
    expect(readdirSync(join(directory, 'web/packages'))).toEqual([])
    expect(readdirSync(join(directory, '.bandersnatch/tmp'))).toEqual([])
  })

  it('does not touch a page that holds the same bytes', async () => {
    const { directory, storage } = await prepared()
    await storage.write('web/simple/a/index.html', 'page')
    const before = lstatSync(join(directory, 'web/simple/a/index.html'))
    await storage.write('web/simple/a/index.html', 'page')
    expect(lstatSync(join(directory, 'web/simple/a/index.html')).ino).toBe(before.ino)
  })

  it('cleans its temporary directory when it takes the lock', async () => {
    const { directory, storage } = await prepared()
    writeFileSync(join(directory, '.bandersnatch/tmp/7'), 'left over')
    await (await storage.lock('mirror')).release()
    expect(readdirSync(join(directory, '.bandersnatch/tmp'))).toEqual([])
  })

  /** Puts a program of this text in the place of `sync`; it finds its arguments in "$@". */
  function syncIs(script: string): string {
    const bin = mkdtempSync(join(scratch, 'bin-'))
    writeFileSync(join(bin, 'sync'), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, 'sync'), 0o755)
    vi.stubEnv('PATH', `${bin}:${process.env['PATH']}`)
    onTestFinished(() => void vi.unstubAllEnvs())
    return bin
  }

  it('flushes each of its file systems once', async () => {
    const { directory, storage } = await prepared()
    const bin = syncIs('echo "$@" >> "$0.calls"')
    await storage.flush()
    rmSync(join(directory, 'web/packages'), { recursive: true })
    symlinkSync('/proc', join(directory, 'web/packages'))
    await storage.flush()
    expect(readFileSync(join(bin, 'sync.calls'), 'utf8')).toBe(
      `-f ${directory}\n-f ${directory} ${directory}/web/packages\n`,
    )
  })

  it('says so when a disk does not take what was written', async () => {
    const { storage } = await prepared()
    syncIs(`echo "sync: error syncing '/srv': Input/output error" >&2; exit 1`)
    await expect(storage.flush()).rejects.toThrow(
      new StorageError("cannot flush to disk: sync: error syncing '/srv': Input/output error"),
    )
  })

  it('flushes everything where sync knows no file systems', async () => {
    const { storage } = await prepared()
    const bin = syncIs('echo "$#" >> "$0.calls"; test $# = 0')
    await storage.flush()
    expect(readFileSync(join(bin, 'sync.calls'), 'utf8')).toBe('2\n0\n')
  })
})
