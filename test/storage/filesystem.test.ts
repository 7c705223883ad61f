import { existsSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { IntegrityError, UnsafePathError } from '../../src/errors.js'
import { createFilesystemStorage } from '../../src/storage/filesystem.js'
import type { Storage } from '../../src/storage/types.js'
import { specOf, storageContract } from './contract.js'

const scratch = mkdtempSync(join(tmpdir(), 'storage-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let lastPid = 1_000_000

/** A storage as another process would open it: all of them are alive. */
function open(directory: string, umask = 0o022): Storage {
  lastPid += 1
  return createFilesystemStorage({
    directory,
    managePermissions: true,
    host: { pid: lastPid, bootId: 'boot', umask, processIdentity: () => 'alive' },
    onLockLost: () => undefined,
  })
}

storageContract('filesystem', async () => {
  const base = mkdtempSync(join(scratch, 'contract-'))
  const directory = join(base, 'mirror')
  mkdirSync(directory)
  return {
    open: async () => open(directory),
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
  })

  it('leaves nothing behind of a file with the wrong bytes', async () => {
    const { directory, storage } = await prepared()
    await expect(storage.put(specOf('web/packages/x.whl', 'right'), Buffer.from('wrong'))).rejects.toBeInstanceOf(IntegrityError)
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
})
