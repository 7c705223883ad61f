import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { StorageError, UnsafePathError } from '../../src/errors.js'
import { createFilesystemStorage } from '../../src/storage/filesystem/filesystem.js'
import type { FileReceiver, Storage } from '../../src/storage/types.js'
import { receive, specOf } from './contract.js'

const scratch = mkdtempSync(join(tmpdir(), 'threads-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let root: string
let main: Storage
/** The storage of the second thread, on the same directory. */
let second: Storage

function open(directory: string, temporary?: string): Storage {
  const storage = createFilesystemStorage({
    directory,
    managePermissions: true,
    host: { pid: 1, bootId: 'boot', pidNamespace: '', umask: 0o022, processIdentity: () => 'alive' },
    ...(temporary === undefined ? {} : { temporary }),
    onLockLost: () => undefined,
  })
  onTestFinished(() => storage.close())
  return storage
}

beforeEach(async () => {
  root = mkdtempSync(join(scratch, 'mirror-'))
  main = open(root)
  await main.prepare(['web/packages'])
  second = open(root, 'h')
})

const KEY = 'web/packages/aa/bb/large.whl'
const body = Buffer.alloc(2_000_000, 'a large file that arrives in pieces ')
const spec = specOf(KEY, body)
const partials = (): string[] => readdirSync(join(root, '.bandersnatch/partial')).sort()
const stored = (key: string): string => readFileSync(join(root, key), 'utf8')

async function begin(receiver: FileReceiver, bytes: Uint8Array = body): Promise<void> {
  await receiver.begin({ resumed: false, validator: '"v1"' })
  await receiver.write(bytes)
}

describe('two threads that receive the same file', () => {
  it('never write to the same partial file', async () => {
    const one = await receive(main, spec)
    const two = await receive(second, spec)
    await begin(one)
    await begin(two, Buffer.alloc(3_000_000, 'garbage'))
    await one.commit()
    const { ino } = lstatSync(join(root, KEY))
    await two.write(Buffer.alloc(1_000_000, 'more garbage'))
    expect(readFileSync(join(root, KEY)).equals(body)).toBe(true)
    await expect(two.commit()).rejects.toThrow(/digest/)
    expect(readFileSync(join(root, KEY)).equals(body)).toBe(true)
    expect(lstatSync(join(root, KEY)).ino).toBe(ino)
    expect(partials()).toEqual([])
  })

  it('both end well, whoever is first', async () => {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const receivers = [await receive(main, spec), await receive(second, spec)]
      for (const receiver of receivers) await begin(receiver)
      for (const at of order) await receivers[at]?.commit()
      expect(readFileSync(join(root, KEY)).equals(body)).toBe(true)
      expect(partials()).toEqual([])
      await main.remove(KEY)
    }
  })

  it('keep the bytes of the one that had the partial file first', async () => {
    const one = await receive(second, spec)
    const two = await receive(main, spec)
    await begin(one, body.subarray(0, 1_000_000))
    await begin(two, body.subarray(0, 500_000))
    await two.abort(true)
    await one.abort(true)
    expect(partials()).toHaveLength(2)
    const next = await receive(main, spec)
    expect([next.held, next.validator]).toEqual([1_000_000, '"v1"'])
    await next.begin({ resumed: true, validator: '"v1"' })
    await next.write(body.subarray(1_000_000))
    await next.commit()
    expect(readFileSync(join(root, KEY)).equals(body)).toBe(true)
    expect(partials()).toEqual([])
  })

  it('continue a download after a run that was killed', async () => {
    const killed = await receive(main, spec)
    await begin(killed, body.subarray(0, 1_000_000))
    // Nothing is closed or removed, as when the process is killed.
    const next = open(root)
    await (await next.lock('mirror')).release()
    expect((await receive(next, spec)).held).toBe(1_000_000)
  })

  it('forget partial files that are two weeks old', async () => {
    const partial = await receive(main, spec)
    await begin(partial, body.subarray(0, 1_000_000))
    await partial.abort(true)
    const [name = ''] = partials()
    const age = (days: number): void => {
      const time = new Date(Date.now() - days * 24 * 3600 * 1000)
      utimesSync(join(root, '.bandersnatch/partial', name), time, time)
    }
    age(13)
    await (await main.lock('mirror')).release()
    expect(partials()).toContain(name)
    age(15)
    await (await main.lock('mirror')).release()
    expect(partials()).not.toContain(name)
  })

  it('do not mix up their temporary files', async () => {
    // The temporary files of the main thread are there already.
    for (let n = 0; n < 5; n++) writeFileSync(join(root, `.bandersnatch/tmp/${n}`), 'of the other thread')
    await main.write('web/simple/a/index.html', 'page')
    await second.write('web/simple/b/index.html', 'page')
    expect(stored('web/simple/a/index.html')).toBe('page')
    const left = readdirSync(join(root, '.bandersnatch/tmp')).map((name) => stored(`.bandersnatch/tmp/${name}`))
    expect(left).toEqual(Array(5).fill('of the other thread'))
  })
})

describe('a directory that another thread has removed', () => {
  const writers: readonly (readonly [string, (storage: Storage, key: string) => Promise<unknown>, string])[] = [
    ['a page', (storage, key) => storage.write(key, 'new'), 'new'],
    ['a state file', (storage, key) => storage.write(key, 'new', { private: true }), 'new'],
    ['a large page', (storage, key) => storage.writeStream(key, ['n', 'ew']), 'new'],
    ['a copy', (storage, key) => storage.copy(key, 'web/source'), 'source'],
    ['a link', (storage, key) => storage.link(key, 'web/source'), 'source'],
    ['a small file', (storage, key) => storage.put(specOf(key, 'new'), Buffer.from('new')), 'new'],
    [
      'a large file',
      async (storage, key) => {
        const receiver = await receive(storage, specOf(key, 'new'))
        await receiver.begin({ resumed: false, validator: undefined })
        await receiver.write(Buffer.from('new'))
        rmSync(dirname(join(root, key)), { recursive: true, force: true })
        await receiver.commit()
      },
      'new',
    ],
  ]
  it.each(writers)('is created again for %s', async (_, write, expected) => {
    await main.write('web/source', 'source')
    for (const [first, next] of [
      ['web/packages/11/22/a', 'web/packages/11/22/b'],
      ['web/packages/33/44/55/a', 'web/packages/33/44/55/b'],
    ] as const) {
      await write(second, first)
      expect(stored(first)).toBe(expected)
      await main.remove(first, { pruneParents: 'all' })
      expect(existsSync(join(root, dirname(dirname(first))))).toBe(false)
      await write(second, next)
      expect(stored(next)).toBe(expected)
    }
    expect(readdirSync(join(root, '.bandersnatch/tmp'))).toEqual([])
  })

  it('is created again although only the upper ones are gone', async () => {
    await second.write('web/packages/11/22/33/a', 'a')
    rmSync(join(root, 'web/packages/11'), { recursive: true })
    await second.write('web/packages/11/22/44/b', 'b')
    expect(stored('web/packages/11/22/44/b')).toBe('b')
  })

  it('is not written through when it has become a link out of the mirror', async () => {
    const outside = mkdtempSync(join(scratch, 'outside-'))
    await second.write('web/packages/11/22/a', 'a')
    await main.remove('web/packages/11/22/a', { pruneParents: true })
    symlinkSync(outside, join(root, 'web/packages/11/22'))
    await main.write('web/packages/11/b', 'b')
    await expect(main.write('web/packages/11/22/b', 'b')).rejects.toBeInstanceOf(UnsafePathError)
    expect(readdirSync(outside)).toEqual([])
  })

  it('is looked at again after a removal, whichever level it is', async () => {
    const outside = mkdtempSync(join(scratch, 'outside-'))
    await main.write('web/packages/11/22/a', 'a')
    await main.remove('web/packages/11/22/a', { pruneParents: 'all' })
    symlinkSync(outside, join(root, 'web/packages/11'))
    await expect(main.write('web/packages/11/33/b', 'b')).rejects.toBeInstanceOf(UnsafePathError)
    rmSync(join(root, 'web/packages/11'))
    await main.write('web/packages/11/22/a', 'a')
    await main.removeTree('web/packages/11')
    symlinkSync(outside, join(root, 'web/packages/11'))
    await expect(main.write('web/packages/11/33/b', 'b')).rejects.toBeInstanceOf(UnsafePathError)
    expect(readdirSync(outside)).toEqual([])
  })

  it('may be a link to another directory of the mirror, but not to a file', async () => {
    await main.write('web/packages/real/a', 'a')
    symlinkSync('real', join(root, 'web/packages/link'))
    await main.write('web/packages/link/b', 'b')
    expect(stored('web/packages/real/b')).toBe('b')
    symlinkSync('real/a', join(root, 'web/packages/file'))
    await expect(main.write('web/packages/file/b', 'b')).rejects.toThrow(/is a symbolic link/)
    await expect(main.write('web/packages/real/a/b', 'b')).rejects.toThrow(/is not a directory/)
  })

  it('does not come back when the whole mirror is gone', async () => {
    await second.write('web/packages/11/22/a', 'a')
    rmSync(root, { recursive: true })
    await expect(second.write('web/packages/11/22/b', 'b')).rejects.toBeInstanceOf(StorageError)
    await expect(second.writeStream('web/packages/11/22/b', ['b'])).rejects.toBeInstanceOf(StorageError)
    expect(existsSync(root)).toBe(false)
  })
})

describe('the removal of a file', () => {
  const exists = (key: string): boolean => existsSync(join(root, key))

  it('removes as many empty directories as asked for, and never the first two levels', async () => {
    const cases = [
      [undefined, true, true],
      [true, false, true],
      ['all', false, false],
    ] as const
    for (const [pruneParents, own, above] of cases) {
      await main.write('web/packages/11/22/a', 'a')
      expect(await main.remove('web/packages/11/22/a', pruneParents === undefined ? {} : { pruneParents })).toBe(1)
      expect([exists('web/packages/11/22'), exists('web/packages/11')]).toEqual([own, above])
    }
    await main.write('web/packages/a', 'a')
    await main.remove('web/packages/a', { pruneParents: 'all' })
    await main.write('web/a', 'a')
    await main.remove('web/a', { pruneParents: true })
    expect(exists('web/packages')).toBe(true)
  })

  it('leaves directories alone that hold something, with everything above them', async () => {
    await main.write('web/packages/11/22/a', 'a')
    await main.write('web/packages/11/b', 'b')
    await main.remove('web/packages/11/22/a', { pruneParents: 'all' })
    expect(readdirSync(join(root, 'web/packages/11'))).toEqual(['b'])
    await main.write('web/packages/33/44/55/a', 'a')
    await main.write('web/packages/33/44/55/b', 'b')
    expect(await main.remove('web/packages/33/44/55/a', { pruneParents: 'all' })).toBe(1)
    expect(stored('web/packages/33/44/55/b')).toBe('b')
  })

  it('goes on where the directory is a link inside the mirror', async () => {
    await main.write('web/packages/11/22/a', 'a')
    renameSync(join(root, 'web/packages/11/22'), join(root, 'web/packages/real'))
    symlinkSync(join(root, 'web/packages/real'), join(root, 'web/packages/11/22'))
    expect(await main.remove('web/packages/11/22/a', { pruneParents: 'all' })).toBe(1)
    expect(exists('web/packages/real/a')).toBe(false)
    expect(exists('web/packages/11/22')).toBe(true)
  })

  it('touches nothing behind a link out of the mirror, but the link itself may go', async () => {
    const outside = mkdtempSync(join(scratch, 'outside-'))
    writeFileSync(join(outside, 'a'), 'keep me')
    symlinkSync(outside, join(root, 'web/packages/out'))
    await expect(main.remove('web/packages/out/a')).rejects.toBeInstanceOf(UnsafePathError)
    await expect(main.remove(['web/packages/none', 'web/packages/out/a'])).rejects.toBeInstanceOf(UnsafePathError)
    await expect(main.removeTree('web/packages/out/a')).rejects.toBeInstanceOf(UnsafePathError)
    expect(await main.remove('web/packages/out')).toBe(1)
    expect(readFileSync(join(outside, 'a'), 'utf8')).toBe('keep me')
  })

  it('says that a directory is no file, and that a file has nothing below it', async () => {
    mkdirSync(join(root, 'web/packages/11'))
    await expect(main.remove('web/packages/11')).rejects.toThrow(/a directory|not permitted/)
    await main.write('web/packages/file', 'file')
    expect(await main.remove('web/packages/file/below')).toBe(0)
  })

  it('walks real directories and files behind links, but not directories behind links', async () => {
    await main.write('web/packages/11/a', 'a')
    symlinkSync('a', join(root, 'web/packages/11/link'))
    symlinkSync('11', join(root, 'web/packages/22'))
    symlinkSync('nowhere', join(root, 'web/packages/11/dangling'))
    const keys: string[] = []
    for await (const { key } of main.walk('web/packages')) keys.push(key)
    expect(keys.sort()).toEqual(['web/packages/11/a', 'web/packages/11/link'])
  })
})

describe('links to pages', () => {
  it('are relative, so they hold in a mirror that was moved', async () => {
    await main.write('web/simple/foo/versions/index_1.html', 'one')
    await main.link('web/simple/foo/index.html', 'web/simple/foo/versions/index_1.html')
    await main.link('web/elsewhere/foo', 'web/simple/foo/versions/index_1.html')
    expect(readlinkSync(join(root, 'web/simple/foo/index.html'))).toBe('versions/index_1.html')
    expect(readlinkSync(join(root, 'web/elsewhere/foo'))).toBe('../simple/foo/versions/index_1.html')
    const moved = join(scratch, 'moved')
    renameSync(root, moved)
    for (const key of ['web/simple/foo/index.html', 'web/elsewhere/foo'])
      expect(readFileSync(join(moved, key), 'utf8')).toBe('one')
    rmSync(moved, { recursive: true })
  })

  it('replace an absolute link of an older version, and a page', async () => {
    await main.write('web/simple/foo/versions/index_1.html', 'one')
    symlinkSync(join(root, 'web/simple/foo/versions/index_1.html'), join(root, 'web/simple/foo/index.html'))
    await main.link('web/simple/foo/index.html', 'web/simple/foo/versions/index_1.html')
    expect(readlinkSync(join(root, 'web/simple/foo/index.html'))).toBe('versions/index_1.html')
    await main.write('web/simple/foo/index.html', 'page')
    expect(lstatSync(join(root, 'web/simple/foo/index.html')).isFile()).toBe(true)
    expect(stored('web/simple/foo/versions/index_1.html')).toBe('one')
    expect(readdirSync(join(root, '.bandersnatch/tmp'))).toEqual([])
  })
})
