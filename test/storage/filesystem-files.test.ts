import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { StorageError } from '../../src/errors.js'
import { createCaller } from '../../src/storage/filesystem/caller.js'
import { createDirectories } from '../../src/storage/filesystem/directories.js'
import { createFilesystemStorage } from '../../src/storage/filesystem/filesystem.js'
import { createWriter } from '../../src/storage/filesystem/write.js'
import type { Storage } from '../../src/storage/types.js'
import { receive, specOf } from './contract.js'

const scratch = mkdtempSync(join(tmpdir(), 'files-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

let root: string
beforeEach(() => {
  root = mkdtempSync(join(scratch, 'mirror-'))
})

async function open({ managePermissions = true, umask = 0o022 } = {}): Promise<Storage> {
  const storage = createFilesystemStorage({
    directory: root,
    managePermissions,
    host: { pid: 1, bootId: 'boot', pidNamespace: '', umask, processIdentity: () => 'alive' },
    onLockLost: () => undefined,
  })
  onTestFinished(() => storage.close())
  await storage.prepare(['web/packages'])
  return storage
}

const stored = (key: string): string => readFileSync(join(root, key), 'utf8')
const mode = (key: string): string => (statSync(join(root, key)).mode & 0o7777).toString(8)
const temporaries = (): string[] => readdirSync(join(root, '.bandersnatch/tmp'))

describe('a partial file', () => {
  const body = Buffer.from('the bytes of a large file')
  const spec = specOf('web/packages/large.whl', body)
  const directory = (): string => join(root, '.bandersnatch/partial')

  /** Breaks a download off after some bytes; tells the name of what is kept. */
  async function broken(storage: Storage): Promise<string> {
    const receiver = await receive(storage, spec)
    await receiver.begin({ resumed: false, validator: '"v1"' })
    await receiver.write(body.subarray(0, 10))
    await receiver.abort(true)
    const [name = ''] = readdirSync(directory()).filter((one) => !one.includes('.'))
    return name
  }

  it('is not written through a symbolic link, and is free again', async () => {
    const storage = await open()
    const name = await broken(storage)
    const outside = join(scratch, 'outside')
    writeFileSync(outside, 'keep me')
    rmSync(join(directory(), name))
    symlinkSync(outside, join(directory(), name))
    await expect(storage.receive(spec)).rejects.toBeInstanceOf(StorageError)
    expect(readFileSync(outside, 'utf8')).toBe('keep me')
    expect(readdirSync(directory()).filter((one) => one.endsWith('.claim'))).toEqual([])
    rmSync(join(directory(), name))
    await (await receive(storage, spec)).abort(false)
  })

  it('of a second thread that was killed is not continued', async () => {
    const storage = await open()
    const name = await broken(storage)
    writeFileSync(join(directory(), `${name}.claim`), '')
    writeFileSync(join(directory(), `${name}.other`), 'garbage of a thread that was killed')
    writeFileSync(join(directory(), `${name}.other.validator`), '"v1"')
    const receiver = await receive(storage, spec)
    expect([receiver.held, receiver.validator]).toEqual([0, undefined])
    await receiver.begin({ resumed: false, validator: '"v1"' })
    await receiver.write(body)
    await receiver.commit()
    expect(stored(spec.key)).toBe(body.toString())
  })

  it('is not kept without a validator', async () => {
    const receiver = await receive(await open(), spec)
    await receiver.begin({ resumed: false, validator: undefined })
    await receiver.write(body)
    await receiver.abort(true)
    expect(readdirSync(directory())).toEqual([])
  })

  it('without a validator is not continued', async () => {
    const storage = await open()
    const name = await broken(storage)
    rmSync(join(directory(), `${name}.validator`))
    const receiver = await receive(storage, spec)
    expect([receiver.held, receiver.validator]).toEqual([0, undefined])
    await receiver.begin({ resumed: false, validator: '"v2"' })
    await receiver.write(body)
    await receiver.commit()
    expect(readdirSync(directory())).toEqual([])
  })

  it('does not keep the validator of an earlier answer', async () => {
    const storage = await open()
    const name = await broken(storage)
    const receiver = await receive(storage, spec)
    await receiver.begin({ resumed: false, validator: undefined })
    await receiver.write(body.subarray(0, 10))
    // As after a kill: only what is on disk counts.
    expect(existsSync(join(directory(), `${name}.validator`))).toBe(false)
    await receiver.begin({ resumed: false, validator: '"v3"' })
    expect(readFileSync(join(directory(), `${name}.validator`), 'utf8')).toBe('"v3"')
    await receiver.abort(false)
    expect(readdirSync(directory())).toEqual([])
  })

  it.runIf(existsSync('/proc/self/fd'))('leaves no descriptor open, however it ends', async () => {
    const storage = await open()
    const descriptors = (): number =>
      readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`).startsWith(root)
        } catch {
          return false
        }
      }).length
    for (const end of ['commit', 'wrong', 'keep', 'drop'] as const) {
      const receiver = await receive(storage, spec)
      expect(descriptors()).toBe(1)
      await receiver.begin({ resumed: false, validator: '"v1"' })
      await receiver.write(end === 'wrong' ? Buffer.from('wrong') : body)
      if (end === 'commit') await receiver.commit()
      else if (end === 'wrong') await expect(receiver.commit()).rejects.toThrow(/digest/)
      else await receiver.abort(end === 'keep')
      expect(descriptors(), end).toBe(0)
    }
  })
})

describe('the mode of a file', () => {
  function withUmask(umask: number): void {
    const before = process.umask(umask)
    onTestFinished(() => void process.umask(before))
  }

  it('is 0644 for what is served, whatever the umask says', async () => {
    withUmask(0o077)
    const storage = await open({ umask: 0o077 })
    await storage.write('web/page', 'page')
    await storage.copy('web/copy', 'web/page')
    await storage.writeStream('web/stream', ['page'])
    await storage.put(specOf('web/packages/small', 'small'), Buffer.from('small'))
    const receiver = await receive(storage, specOf('web/packages/large', 'large'))
    await receiver.begin({ resumed: false, validator: undefined })
    await receiver.write(Buffer.from('large'))
    await receiver.commit()
    for (const key of ['web/page', 'web/copy', 'web/stream', 'web/packages/small', 'web/packages/large'])
      expect(mode(key), key).toBe('644')
  })

  it('of a copy is that of the umask where permissions are not managed', async () => {
    withUmask(0o027)
    const storage = await open({ umask: 0o027, managePermissions: false })
    await storage.write('web/page', 'page')
    await storage.copy('web/copy', 'web/page')
    expect([mode('web/page'), mode('web/copy')]).toEqual(['644', '640'])
  })

  it('of a state file is 0600, or what it was', async () => {
    const storage = await open()
    await storage.write('status', '1', { private: true })
    expect(mode('status')).toBe('600')
    chmodSync(join(root, 'status'), 0o640)
    await storage.write('status', '2', { private: true })
    expect([mode('status'), stored('status')]).toEqual(['640', '2'])
  })

  it('is put right although the bytes are the same', async () => {
    const storage = await open()
    await storage.write('web/page', 'page')
    await storage.writeStream('web/stream', ['page'])
    for (const key of ['web/page', 'web/stream']) chmodSync(join(root, key), 0o600)
    await storage.write('web/page', 'page')
    await storage.writeStream('web/stream', ['page'])
    expect([mode('web/page'), mode('web/stream')]).toEqual(['644', '644'])
  })
})

describe('what is written', () => {
  it('replaces a link without following it, although the bytes are the same', async () => {
    const storage = await open()
    const outside = join(scratch, 'page')
    writeFileSync(outside, 'page')
    chmodSync(outside, 0o644)
    for (const key of ['web/page', 'web/stream', 'web/copy']) symlinkSync(outside, join(root, key))
    await storage.write('web/page', 'page')
    await storage.writeStream('web/stream', ['page'])
    await storage.copy('web/copy', 'web/page')
    for (const key of ['web/page', 'web/stream', 'web/copy'])
      expect(() => readlinkSync(join(root, key)), key).toThrow(/EINVAL/)
  })

  it('is left alone where the same bytes are there already', async () => {
    const storage = await open()
    const write = async (text: string): Promise<number[]> => {
      await storage.write('web/page', text)
      await storage.writeStream('web/stream', [text])
      await storage.copy('web/copy', 'web/page')
      return ['web/page', 'web/stream', 'web/copy'].map((key) => statSync(join(root, key)).ino)
    }
    const long = 'x'.repeat(3_000_000)
    const first = await write(`${long}1`)
    expect(await write(`${long}1`)).toEqual(first)
    expect(await write(`${long}2`)).not.toEqual(first)
    for (const key of ['web/page', 'web/stream', 'web/copy']) expect(stored(key) === `${long}2`).toBe(true)
    expect(temporaries()).toEqual([])
  })

  it('leaves nothing behind where it cannot be placed', async () => {
    const storage = await open()
    mkdirSync(join(root, 'web/taken/inner'), { recursive: true })
    await storage.write('web/page', 'page')
    const runs = [
      storage.write('web/taken', 'page'),
      storage.writeStream('web/taken', ['page']),
      storage.copy('web/taken', 'web/page'),
      storage.link('web/taken', 'web/page'),
      storage.put(specOf('web/taken', 'file'), Buffer.from('file')),
    ]
    for (const run of runs) await expect(run).rejects.toThrow(/there is a directory in its place/)
    const receiver = await receive(storage, specOf('web/taken', 'file'))
    await receiver.begin({ resumed: false, validator: '"v1"' })
    await receiver.write(Buffer.from('file'))
    await expect(receiver.commit()).rejects.toThrow(/there is a directory in its place/)
    expect(readdirSync(join(root, '.bandersnatch/partial'))).toEqual([])
    expect(temporaries()).toEqual([])
    await expect(storage.copy('web/copy', 'web/none')).rejects.toBeInstanceOf(StorageError)
  })
})

/** A directory on another file system than the scratch directory. */
const ELSEWHERE = ['/dev/shm', '/run/shm'].find(
  (path) => existsSync(path) && statSync(path).dev !== statSync(scratch).dev,
)

describe.runIf(ELSEWHERE !== undefined)('where temporary files lie on another file system', () => {
  it('everything is written beside its target, then renamed', async () => {
    const elsewhere = mkdtempSync(join(ELSEWHERE ?? '', 'bandersnatch-'))
    onTestFinished(() => rmSync(elsewhere, { recursive: true }))
    mkdirSync(join(elsewhere, '.bandersnatch/tmp'), { recursive: true })
    const directories = createDirectories(root)
    const path = (key: string): string => join(key.startsWith('.bandersnatch') ? elsewhere : root, key)
    const { run } = createCaller()
    const options = { managePermissions: true, host: { umask: 0o022 }, run }
    const writer = (): ReturnType<typeof createWriter> => createWriter({ ...directories, path }, options)
    const [fresh, streaming, adopting, linking] = [writer(), writer(), writer(), writer()]
    await run(fresh.page('web/page', 'page', false))
    await run(fresh.page('web/next', 'next', false))
    await run(linking.link('web/link', 'web/page'))
    await run(fresh.file('web/file', Buffer.from('file'), 1_600_000_000))
    await streaming.stream('web/stream', ['stream'])
    const partial = join(elsewhere, 'partial')
    writeFileSync(partial, 'adopted')
    await run(adopting.adopt('web/adopted', { fd: openSync(partial, 'r+'), path: partial }, 1_600_000_000))
    expect(readdirSync(join(root, 'web')).sort()).toEqual(['adopted', 'file', 'link', 'next', 'page', 'stream'])
    for (const name of ['adopted', 'file', 'next', 'page', 'stream']) expect(stored(`web/${name}`)).toBe(name)
    expect(stored('web/link')).toBe('page')
    for (const name of ['adopted', 'file']) {
      expect(statSync(join(root, `web/${name}`)).mtimeMs).toBe(1_600_000_000_000)
      expect(mode(`web/${name}`)).toBe('644')
    }
    expect(existsSync(partial)).toBe(false)
    expect(readdirSync(join(elsewhere, '.bandersnatch/tmp'))).toEqual([])
  })
})
