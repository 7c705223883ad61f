import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IntegrityError, LockedError } from '../../src/errors.js'
import type { FileSpec } from '../../src/model/files.js'
import type { CheckOptions, FileReceiver, FileState, Storage, StoredEntry } from '../../src/storage/types.js'

/** An empty mirror of its own for each test. */
export interface ContractPlace {
  /** A storage on that mirror: each call one of another run, with a process id of its own. The suite closes them. */
  open(): Promise<Storage>
  /** A place for a list outside the mirror, as in the `diff-file` option, and a way to read what is there. */
  readonly listPlace: string
  readList(place: string): Promise<string | undefined>
}

const sha256 = (body: Uint8Array | string): string => createHash('sha256').update(body).digest('hex')

/** A release file's spec for these bytes. */
export function specOf(key: string, body: Uint8Array | string, changes: Partial<FileSpec> = {}): FileSpec {
  return {
    key,
    urls: [],
    filename: key.slice(key.lastIndexOf('/') + 1),
    size: Buffer.from(body).length,
    digest: { name: 'sha256', hex: sha256(body) },
    uploadTime: 1_520_353_453.123456,
    kind: 'release',
    ...changes,
  }
}

/** Checks one file. */
export async function check(storage: Storage, spec: FileSpec, options: CheckOptions): Promise<FileState | undefined> {
  const [state] = await storage.checkAll([spec], options)
  return state
}

/** A receiver where no other writer stores the same file. */
export async function receive(storage: Storage, spec: FileSpec): Promise<FileReceiver> {
  const receiver = await storage.receive(spec)
  if (receiver === undefined) throw new Error(`${spec.key} was stored by another writer`)
  return receiver
}

async function entries(storage: Storage, key: string): Promise<Map<string, StoredEntry>> {
  const found = new Map<string, StoredEntry>()
  for await (const entry of storage.walk(key)) found.set(entry.key, entry)
  return found
}

async function text(storage: Storage, key: string): Promise<string | undefined> {
  return (await storage.read(key))?.toString()
}

async function* later(chunks: readonly string[]): AsyncGenerator<string> {
  for (const chunk of chunks) {
    await new Promise(setImmediate)
    yield chunk
  }
}

/** What every storage does, run against the real thing. `place` makes an empty mirror. */
export function storageContract(name: string, place: () => Promise<ContractPlace>): void {
  describe(`${name}: the storage contract`, () => {
    let mirror: ContractPlace
    let storage: Storage
    const opened: Storage[] = []

    async function another(): Promise<Storage> {
      const one = await mirror.open()
      opened.push(one)
      return one
    }

    beforeEach(async () => {
      mirror = await place()
      storage = await another()
      await storage.prepare(['', 'web/simple', 'web/packages'])
    })

    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close()
    })

    describe('pages and state files', () => {
      it('reads back what was written, text and bytes, and replaces it', async () => {
        await storage.write('status', '42\n')
        await storage.write('web/simple/foo/index.html', Buffer.from([0, 255, 10, 13]))
        expect(await text(storage, 'status')).toBe('42\n')
        expect(await storage.read('web/simple/foo/index.html')).toEqual(Buffer.from([0, 255, 10, 13]))
        await storage.write('status', '7', { private: true })
        expect(await text(await another(), 'status')).toBe('7')
        await storage.write('status', '')
        expect(await text(storage, 'status')).toBe('')
      })

      it('has undefined for what is not there', async () => {
        expect(await storage.read('status')).toBeUndefined()
        expect(await storage.read('web/simple/foo/bar/index.html')).toBeUndefined()
        expect(await storage.stat('status')).toBeUndefined()
      })

      it('writes text from chunks, sync and async, none and large', async () => {
        await storage.writeStream('web/simple/index.html', ['<html>', 'grüße', '</html>'])
        expect(await text(storage, 'web/simple/index.html')).toBe('<html>grüße</html>')
        const chunk = 'x'.repeat(1_000_003)
        await storage.writeStream('web/simple/index.v1_json', later(new Array<string>(20).fill(chunk)))
        expect(await text(storage, 'web/simple/index.v1_json')).toBe(chunk.repeat(20))
        await storage.writeStream('web/simple/index.html', [])
        expect(await text(storage, 'web/simple/index.html')).toBe('')
        await storage.writeStream('web/simple/index.html', 'one text')
        expect(await text(storage, 'web/simple/index.html')).toBe('one text')
      })

      it('keeps the old page when the chunks end with an error', async () => {
        await storage.write('web/simple/index.html', 'old')
        const broken = async function* (): AsyncGenerator<string> {
          yield* later(['new ', 'x'.repeat(9_000_000)])
          throw new Error('no more')
        }
        await expect(storage.writeStream('web/simple/index.html', broken())).rejects.toThrow()
        expect(await text(storage, 'web/simple/index.html')).toBe('old')
      })

      it('copies and links', async () => {
        await storage.write('web/simple/foo/versions/index_1.html', 'one')
        await storage.copy('web/simple/foo/index.v1_html', 'web/simple/foo/versions/index_1.html')
        await storage.link('web/simple/foo/index.html', 'web/simple/foo/versions/index_1.html')
        expect(await text(storage, 'web/simple/foo/index.html')).toBe('one')
        expect(await text(storage, 'web/simple/foo/index.v1_html')).toBe('one')
        await storage.write('web/simple/foo/versions/index_2.html', 'two')
        await storage.link('web/simple/foo/index.html', 'web/simple/foo/versions/index_2.html')
        expect(await text(storage, 'web/simple/foo/index.html')).toBe('two')
        expect(await text(storage, 'web/simple/foo/versions/index_1.html')).toBe('one')
      })
    })

    describe('the journal', () => {
      const journal = '.bandersnatch/journal'

      it('grows at its end, and others see it after a flush', async () => {
        await storage.append(journal, 'a\n')
        await storage.append(journal, 'b\n')
        expect(await text(storage, journal)).toBe('a\nb\n')
        await storage.append(journal, 'c\n')
        await storage.flush()
        const other = await another()
        expect(await text(other, journal)).toBe('a\nb\nc\n')
        await other.append(journal, 'd\n')
        await other.flush()
        expect(await text(await another(), journal)).toBe('a\nb\nc\nd\n')
      })

      it('keeps the order of thousands of lines added at once', async () => {
        const lines = Array.from({ length: 5_000 }, (_, n) => `project-${n} ${'1234567'.repeat(4)}\n`)
        await Promise.all(lines.map((line) => storage.append(journal, line)))
        await storage.flush()
        expect(await text(await another(), journal)).toBe(lines.join(''))
      })

      it('begins anew after it was removed or rewritten', async () => {
        await storage.append(journal, 'old\n')
        await storage.flush()
        const other = await another()
        expect(await other.remove(journal)).toBe(1)
        expect(await text(other, journal)).toBeUndefined()
        expect(await other.remove(journal)).toBe(0)
        await other.append(journal, 'new\n')
        await other.flush()
        const third = await another()
        expect(await text(third, journal)).toBe('new\n')
        await third.write(journal, 'whole\n')
        expect(await text(third, journal)).toBe('whole\n')
        await third.append(journal, 'more\n')
        await third.flush()
        expect(await text(await another(), journal)).toBe('whole\nmore\n')
      })
    })

    describe('release files', () => {
      const key = 'web/packages/ab/cd/ef/foo-1.0.tar.gz'

      it('stores small files whole, with their upload time', async () => {
        const spec = specOf(key, 'content')
        await storage.put(spec, Buffer.from('content'))
        expect(await text(storage, key)).toBe('content')
        const stat = await storage.stat(key)
        expect(stat?.size).toBe(7)
        expect(stat?.time).toBeCloseTo(1_520_353_453.123456, 5)
      })

      it('stores files without an upload time, like core metadata', async () => {
        const spec = specOf(`${key}.metadata`, 'metadata', { uploadTime: undefined, kind: 'metadata' })
        await storage.put(spec, Buffer.from('metadata'))
        expect(await text(storage, spec.key)).toBe('metadata')
        expect((await storage.stat(spec.key))?.time).toBeGreaterThan(1_600_000_000)
        expect(await check(storage, spec, { method: 'stat' })).toBe('current')
      })

      it('gives no name to bytes with a wrong digest', async () => {
        const spec = specOf(key, 'content')
        await expect(storage.put(spec, Buffer.from('CONTENT'))).rejects.toThrow(IntegrityError)
        expect(await storage.stat(key)).toBeUndefined()
        await storage.put(spec, Buffer.from('content'))
        await expect(storage.put(specOf(key, 'other'), Buffer.from('wrong'))).rejects.toThrow(IntegrityError)
        expect(await text(storage, key)).toBe('content')
      })

      it.each(['hash', 'stat'] as const)('checks by %s', async (method) => {
        const spec = specOf(key, 'content')
        expect(await check(storage, spec, { method })).toBe('missing')
        await storage.put(spec, Buffer.from('content'))
        expect(await check(storage, spec, { method })).toBe('current')
        expect(await check(storage, { ...spec, size: undefined }, { method })).toBe('current')
        expect(await check(storage, specOf(key, 'CONTENT', { uploadTime: 1 }), { method })).toBe('mismatch')
        expect(await check(storage, specOf(key, 'longer content'), { method })).toBe('mismatch')
      })

      it('takes the same bytes with another time for current, and by stat puts the time right', async () => {
        await storage.put(specOf(key, 'content'), Buffer.from('content'))
        const moved = specOf(key, 'content', { uploadTime: 1_600_000_000 })
        expect(await check(storage, moved, { method: 'hash' })).toBe('current')
        expect((await storage.stat(key))?.time).toBeCloseTo(1_520_353_453.123456, 5)
        expect(await check(storage, moved, { method: 'stat' })).toBe('current')
        expect((await storage.stat(key))?.time).toBe(1_600_000_000)
      })

      it('checks by another digest than sha256', async () => {
        const digest = { name: 'md5', hex: createHash('md5').update('content').digest('hex') }
        await storage.put(specOf(key, 'content', { digest }), Buffer.from('content'))
        expect(await check(storage, specOf(key, 'content', { digest }), { method: 'hash' })).toBe('current')
        expect(await check(storage, specOf(key, 'content'), { method: 'hash' })).toBe('current')
        expect(
          await check(storage, specOf(key, 'content', { digest: { ...digest, hex: '0'.repeat(32) } }), {
            method: 'hash',
          }),
        ).toBe('mismatch')
      })

      it('keeps names apart that need encoding', async () => {
        const names = [
          'a+b c%25.whl',
          'a b c%.whl',
          'ü~é.whl',
          '日本-1.0.zip',
          "it's (1)!.zip",
          'a&b=c;d.zip',
          'q?z#1.zip',
          '%2e%2e.zip',
        ]
        for (const one of names) await storage.put(specOf(`web/packages/x/${one}`, one), Buffer.from(one))
        expect([...(await entries(storage, 'web/packages')).keys()].sort()).toEqual(
          names.map((one) => `web/packages/x/${one}`).sort(),
        )
        expect((await storage.names('web/packages/x', 'files')).toSorted()).toEqual(names.toSorted())
        for (const one of names) {
          expect(await text(storage, `web/packages/x/${one}`)).toBe(one)
          await storage.copy(`web/packages/y/${one}`, `web/packages/x/${one}`)
          expect(await text(storage, `web/packages/y/${one}`)).toBe(one)
          expect(await storage.remove(`web/packages/x/${one}`)).toBe(1)
        }
        expect((await entries(storage, 'web/packages/x')).size).toBe(0)
      })
    })

    describe('large files', () => {
      const key = 'web/packages/ab/cd/ef/large-1.0.tar.gz'
      const body = Buffer.alloc(20_000_003, 'some bytes that do not align ')
      const spec = specOf(key, body)

      async function feed(receiver: FileReceiver, from: number, to: number): Promise<void> {
        for (let at = from; at < to; at += 65_536) await receiver.write(body.subarray(at, Math.min(at + 65_536, to)))
      }

      it('arrive in chunks and are visible only when they are whole', async () => {
        const receiver = await receive(storage, spec)
        expect(receiver.held).toBe(0)
        await receiver.begin({ resumed: false, validator: '"v1"' })
        await feed(receiver, 0, body.length)
        expect(await storage.stat(key)).toBeUndefined()
        await receiver.commit()
        expect((await storage.read(key))?.equals(body)).toBe(true)
        // First, for a check by `stat` would correct it.
        expect((await storage.stat(key))?.time).toBeCloseTo(1_520_353_453.123456, 5)
        expect(await check(storage, spec, { method: 'stat' })).toBe('current')
      })

      it('of a few bytes or none are files too', async () => {
        for (const [name, small] of [
          ['none', ''],
          ['few', 'few'],
        ] as const) {
          const receiver = await receive(storage, specOf(`web/packages/${name}`, small))
          await receiver.begin({ resumed: false, validator: undefined })
          if (small !== '') await receiver.write(Buffer.from(small))
          await receiver.commit()
          expect(await text(storage, `web/packages/${name}`)).toBe(small)
        }
      })

      it('with a wrong digest get no name, and the old file stays', async () => {
        await storage.put(specOf(key, 'old'), Buffer.from('old'))
        const receiver = await receive(storage, spec)
        await receiver.begin({ resumed: false, validator: '"v1"' })
        await feed(receiver, 0, body.length - 1)
        await receiver.write(Buffer.from('!'))
        await expect(receiver.commit()).rejects.toThrow(IntegrityError)
        expect(await text(storage, key)).toBe('old')
        expect((await receive(storage, spec)).held).toBe(0)
      })

      it('go on where a broken attempt ended', async () => {
        const first = await receive(storage, spec)
        await first.begin({ resumed: false, validator: '"v1"' })
        await feed(first, 0, 9_000_000)
        await first.abort(true)
        expect(await storage.stat(key)).toBeUndefined()
        const second = await receive(storage, spec)
        expect(second.held).toBe(9_000_000)
        expect(second.validator).toBe('"v1"')
        await second.begin({ resumed: true, validator: '"v1"' })
        await feed(second, 9_000_000, body.length)
        await second.commit()
        expect((await storage.read(key))?.equals(body)).toBe(true)
      })

      it('start anew when the answer is another one', async () => {
        const first = await receive(storage, spec)
        await first.begin({ resumed: false, validator: '"v1"' })
        await feed(first, 1, 9_000_000)
        await first.abort(true)
        const second = await receive(storage, spec)
        await second.begin({ resumed: false, validator: '"v2"' })
        await feed(second, 0, body.length)
        await second.commit()
        expect((await storage.read(key))?.equals(body)).toBe(true)
      })

      it('drop every byte of an attempt that another answer replaces', async () => {
        const first = await receive(storage, specOf(key, 'short'))
        await first.begin({ resumed: false, validator: '"v1"' })
        await first.write(Buffer.from('much longer than the file'))
        await first.abort(true)
        const second = await receive(storage, specOf(key, 'short'))
        await second.begin({ resumed: false, validator: '"v2"' })
        expect(second.held).toBe(0)
        await second.write(Buffer.from('short'))
        await second.commit()
        expect(await text(storage, key)).toBe('short')
      })

      it('are not kept when no byte came with the validator', async () => {
        const first = await receive(storage, spec)
        await first.begin({ resumed: false, validator: '"v1"' })
        await first.abort(true)
        const second = await receive(storage, spec)
        expect([second.held, second.validator]).toEqual([0, undefined])
        await second.abort(false)
      })

      it('are forgotten when nothing is to be kept, or nothing tells whether it still fits', async () => {
        for (const [keep, validator] of [
          [false, '"v1"'],
          [true, undefined],
        ] as const) {
          const receiver = await receive(storage, spec)
          await receiver.begin({ resumed: false, validator })
          await feed(receiver, 0, 9_000_000)
          await receiver.abort(keep)
          const next = await receive(storage, spec)
          expect(next.held).toBe(0)
          await next.abort(false)
        }
        expect((await entries(storage, 'web')).size).toBe(0)
      })
    })

    describe('one writer per key', () => {
      const key = 'web/packages/ab/cd/ef/shared-1.0.tar.gz'
      const body = Buffer.alloc(3_000_001, 'bytes that two projects list ')
      const spec = specOf(key, body)

      async function fill(receiver: FileReceiver, bytes: Uint8Array = body): Promise<void> {
        await receiver.begin({ resumed: false, validator: '"v1"' })
        for (let at = 0; at < bytes.length; at += 65_536) await receiver.write(bytes.subarray(at, at + 65_536))
      }

      /** Whether a promise is still pending after everything that can run without it has run. */
      async function isPending(promise: Promise<unknown>): Promise<boolean> {
        const pending = Symbol('pending')
        const later = new Promise((resolve) => setTimeout(resolve, 50, pending))
        return (await Promise.race([promise, later])) === pending
      }

      it('a second receiver waits, and has nothing to do when the first has stored the file', async () => {
        const first = await receive(storage, spec)
        const others = [storage.receive(spec), storage.receive(spec), storage.put(spec, body)]
        await fill(first)
        for (const other of others) expect(await isPending(other)).toBe(true)
        await first.commit()
        expect(await Promise.all(others)).toEqual([undefined, undefined, undefined])
        expect((await storage.read(key))?.equals(body)).toBe(true)
      })

      it('a second receiver gets its turn when the first one fails', async () => {
        const first = await receive(storage, spec)
        const second = receive(storage, spec)
        const third = storage.receive(spec)
        await first.abort(false)
        const wrong = await second
        await fill(wrong, Buffer.from('wrong'))
        await expect(wrong.commit()).rejects.toThrow(IntegrityError)
        const last = await third
        expect(last?.held).toBe(0)
        if (last !== undefined) await fill(last)
        await last?.commit()
        expect((await storage.read(key))?.equals(body)).toBe(true)
      })

      it('a writer that comes late waits for the one that waited before it', async () => {
        const first = await receive(storage, spec)
        const waiting = receive(storage, spec)
        await first.abort(false)
        const second = await waiting
        const third = storage.receive(spec)
        expect(await isPending(third)).toBe(true)
        await second.abort(false)
        await (await third)?.abort(false)
      })

      it('a second receiver continues with the bytes that the first one kept', async () => {
        const first = await receive(storage, spec)
        const second = receive(storage, spec)
        await fill(first, body.subarray(0, 1_000_000))
        await first.abort(true)
        const receiver = await second
        expect([receiver.held, receiver.validator]).toEqual([1_000_000, '"v1"'])
        await receiver.begin({ resumed: true, validator: '"v1"' })
        await receiver.write(body.subarray(1_000_000))
        await receiver.commit()
        expect((await storage.read(key))?.equals(body)).toBe(true)
      })

      it('a writer with other bytes for the same key gets its turn, too', async () => {
        const first = await receive(storage, spec)
        const other = specOf(key, 'other bytes')
        const put = storage.put(other, Buffer.from('other bytes'))
        const again = storage.put(other, Buffer.from('other bytes'))
        await fill(first)
        expect(await isPending(put)).toBe(true)
        await first.commit()
        await Promise.all([put, again])
        expect(await text(storage, key)).toBe('other bytes')
      })

      it('writers of other keys do not wait', async () => {
        const first = await receive(storage, spec)
        await storage.put(specOf('web/packages/small', 'small'), Buffer.from('small'))
        const other = await receive(storage, specOf(`${key}.2`, body))
        await fill(other)
        await other.commit()
        await first.abort(false)
        expect(await text(storage, 'web/packages/small')).toBe('small')
      })

      it('a receiver that has ended takes no more bytes, and its file stays as it is', async () => {
        const receiver = await receive(storage, spec)
        await fill(receiver)
        const committed = receiver.commit()
        expect(() => receiver.write(Buffer.from('late'))).toThrow(/has ended/)
        await committed
        expect(() => receiver.write(Buffer.from('late'))).toThrow(/has ended/)
        await expect(receiver.begin({ resumed: false, validator: undefined })).rejects.toThrow(/has ended/)
        await expect(receiver.commit()).rejects.toThrow(/has ended/)
        await receiver.abort(true)
        expect((await storage.read(key))?.equals(body)).toBe(true)
        const next = await receive(storage, spec)
        expect([next.held, next.validator]).toEqual([0, undefined])
        await next.abort(false)
      })
    })

    describe('lists and removal', () => {
      beforeEach(async () => {
        for (const key of [
          'web/simple/a/index.html',
          'web/simple/a/index.v1_json',
          'web/simple/b-b/index.html',
          'web/simple/index.html',
        ]) {
          await storage.write(key, key)
        }
        await storage.put(specOf('web/packages/1/2/foo.whl', 'wheel'), Buffer.from('wheel'))
        await storage.put(specOf('web/packages/1/2/foo.whl.metadata', 'md'), Buffer.from('md'))
      })

      it('names what lies directly below a directory, sorted', async () => {
        await storage.write('web/simple/a-2/index.html', '')
        await storage.write('web/simple/aa/index.html', '')
        expect(await storage.names('web/simple', 'directories')).toEqual(['a', 'a-2', 'aa', 'b-b'])
        expect(await storage.names('web/simple', 'files')).toEqual(['index.html'])
        expect(await storage.names('web/simple/a', 'directories')).toEqual([])
        expect(await storage.names('web/simple/a', 'files')).toEqual(['index.html', 'index.v1_json'])
        expect(await storage.names('web/simple/none', 'files')).toEqual([])
        expect(await storage.names('web/simple/b', 'files')).toEqual([])
      })

      it('walks all files below a directory and nothing beside it', async () => {
        await storage.write('web/simple-too/index.html', '')
        const found = await entries(storage, 'web/simple')
        expect([...found.keys()].sort()).toEqual([
          'web/simple/a/index.html',
          'web/simple/a/index.v1_json',
          'web/simple/b-b/index.html',
          'web/simple/index.html',
        ])
        expect(found.get('web/simple/a/index.html')?.size).toBe('web/simple/a/index.html'.length)
        expect((await entries(storage, 'web/none')).size).toBe(0)
      })

      it('removes one file, and says whether there was one', async () => {
        expect(await storage.remove('web/packages/1/2/foo.whl', { pruneParents: true })).toBe(1)
        expect(await storage.remove('web/packages/1/2/foo.whl', { pruneParents: true })).toBe(0)
        expect(await storage.stat('web/packages/1/2/foo.whl')).toBeUndefined()
        expect(await storage.names('web/packages/1/2', 'files')).toEqual(['foo.whl.metadata'])
        expect(await storage.remove('web/packages/1/2/foo.whl.metadata', { pruneParents: true })).toBe(1)
        expect(await storage.names('web/packages/1', 'directories')).toEqual([])
        expect(await storage.remove('web/none/at/all')).toBe(0)
      })

      it('stores again what was removed with its directories', async () => {
        for (const [key, prune] of [
          ['web/packages/7/8/again.txt', true],
          ['web/packages/7/9/again.txt', 'all'],
        ] as const) {
          await storage.write(key, 'one')
          await storage.remove(key, { pruneParents: prune })
          await storage.write(key, 'two')
          expect((await storage.read(key))?.toString()).toBe('two')
        }
        await storage.removeTree('web/packages/7')
        await storage.write('web/packages/7/8/again.txt', 'three')
        expect((await storage.read('web/packages/7/8/again.txt'))?.toString()).toBe('three')
      })

      it('removes many at a time', async () => {
        const keys = Array.from({ length: 60 }, (_, n) => `web/packages/many/${n}.whl`)
        await Promise.all(keys.map((key) => storage.put(specOf(key, key), Buffer.from(key))))
        const [first = '', ...others] = keys.slice(30)
        expect(await Promise.all(keys.slice(0, 30).map((key) => storage.remove(key)))).toEqual(Array(30).fill(1))
        expect(await storage.remove(others)).toBe(29)
        expect([...(await entries(storage, 'web/packages/many')).keys()]).toEqual([first])
        expect(await storage.remove([first], { pruneParents: true })).toBe(1)
        expect(await storage.remove([])).toBe(0)
        expect(await storage.names('web/packages', 'directories')).toEqual(['1'])
      })

      it('removes a state file of a list with what was appended to it', async () => {
        await storage.append('.bandersnatch/journal', 'old\n')
        await storage.write('todo', '1')
        await storage.flush()
        expect(await storage.remove(['.bandersnatch/journal', 'todo'])).toBe(2)
        await storage.append('.bandersnatch/journal', 'new\n')
        await storage.flush()
        expect(await text(await another(), '.bandersnatch/journal')).toBe('new\n')
        expect(await text(storage, 'todo')).toBeUndefined()
      })

      it('removes a tree and nothing beside it', async () => {
        await storage.write('web/simple/a-2/index.html', '')
        await storage.removeTree('web/simple/a')
        await storage.removeTree('web/simple/none')
        expect(await storage.names('web/simple', 'directories')).toEqual(['a-2', 'b-b'])
        expect(await storage.names('web/simple', 'files')).toEqual(['index.html'])
      })
    })

    describe('the list of changed files', () => {
      it('replaces what was there, has no newline at its end', async () => {
        for (const lines of [['one'], ['two', 'three'], []]) {
          const list = await storage.openList(mirror.listPlace, 'mirrored-files')
          expect(await mirror.readList(mirror.listPlace)).toBeUndefined()
          for (const line of lines) list.add(line)
          await list.close()
          expect(await mirror.readList(mirror.listPlace)).toBe(lines.join('\n'))
        }
      })

      it('lies in a directory where the place is one, and may be long', async () => {
        const inner = await storage.openList(`${mirror.listPlace}/there`, 'unused')
        await inner.close()
        const lines = Array.from({ length: 250_000 }, (_, n) => storage.location(`web/packages/${n}`))
        const list = await storage.openList(mirror.listPlace, 'mirrored-files')
        for (const line of lines) list.add(line)
        await list.close()
        expect((await mirror.readList(`${mirror.listPlace}/mirrored-files`)) === lines.join('\n')).toBe(true)
        expect(await mirror.readList(`${mirror.listPlace}/there`)).toBe('')
      })
    })

    describe('the lock', () => {
      it('keeps a second run out and says who holds it', async () => {
        const lock = await storage.lock('mirror')
        const other = await another()
        const refused = await other.lock('sync').then(
          () => undefined,
          (error: unknown) => error,
        )
        expect(refused).toBeInstanceOf(LockedError)
        expect(String(refused)).toMatch(/bandersnatch mirror/)
        await lock.release()
        await (await other.lock('sync')).release()
        await (await storage.lock('mirror')).release()
      })

      it('goes to exactly one of several runs that ask at once', async () => {
        const runs = await Promise.all([1, 2, 3, 4, 5, 6].map(() => another()))
        const outcomes = await Promise.allSettled(runs.map((run) => run.lock('mirror')))
        const won = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
        expect(won).toHaveLength(1)
        for (const outcome of outcomes) {
          if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(LockedError)
        }
        await won[0]?.release()
      })
    })

    it('has one location for a key, and prepares more than once without harm', async () => {
      await storage.write('web/simple/foo/index.html', 'page')
      await (await another()).prepare(['', 'web/simple', 'web/packages', 'web/json'])
      expect(await text(storage, 'web/simple/foo/index.html')).toBe('page')
      expect(storage.location('web/simple')).toMatch(/^\/.*\/web\/simple$/)
      expect(storage.location('web/simple')).toBe(`${storage.location('')}/web/simple`)
      expect(await storage.names('web/packages', 'files')).toEqual([])
    })
  })
}
