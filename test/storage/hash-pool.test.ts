import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { StorageError } from '../../src/errors.js'
import { createHashPool } from '../../src/storage/filesystem/hash-pool.js'
import type { HashPool, HashPoolOptions } from '../../src/storage/filesystem/hash-pool.js'

const scratch = mkdtempSync(join(tmpdir(), 'hash-pool-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const sha256 = (body: string): string => createHash('sha256').update(body).digest('hex')
const files = Array.from({ length: 40 }, (_, n) => ({ path: join(scratch, `file-${n}`), digest: 'sha256' }))
beforeAll(() => files.forEach(({ path }) => writeFileSync(path, path)))

function pool(options?: HashPoolOptions): HashPool {
  const made = createHashPool(options)
  onTestFinished(() => made.close())
  return made
}

let scripts = 0

/** A worker that answers `path` for each file, or ends as `ending` says; `again` is a file that the first one makes. */
function script(ending: string): string {
  const path = join(scratch, `worker-${++scripts}.mjs`)
  writeFileSync(
    path,
    `import { parentPort, threadId } from 'node:worker_threads'
import { existsSync, writeFileSync } from 'node:fs'
const again = ${JSON.stringify(`${path}.again`)}
parentPort.on('message', ({ id, question: files }) => {
  ${ending}
  parentPort.postMessage({ id, answer: files.map(({ path }) => path) })
})\n`,
  )
  return path
}

it('answers for each file in order, with its digest or the code of the error', async () => {
  const hashes = pool()
  const answers = await Promise.all(files.map((file) => hashes.hash([file])))
  expect(answers).toEqual(files.map(({ path }) => [sha256(path)]))
  const large = join(scratch, 'large')
  writeFileSync(large, 'x'.repeat(3_000_001))
  expect(
    await hashes.hash([
      { path: large, digest: 'sha256' },
      { path: join(scratch, 'none'), digest: 'sha256' },
      { path: scratch, digest: 'sha256' },
      { path: files[0]?.path ?? '', digest: 'md5' },
    ]),
  ).toEqual([
    sha256('x'.repeat(3_000_001)),
    { code: 'ENOENT' },
    { code: 'EISDIR' },
    createHash('md5')
      .update(files[0]?.path ?? '')
      .digest('hex'),
  ])
  expect(await hashes.hash([])).toEqual([])
})

it.each(['process.exit(1)', 'throw new Error("broken")'])(
  'gives the files of a worker that ended to another one: %s',
  async (end) => {
    const hashes = pool({
      script: script(`if (!existsSync(again)) { writeFileSync(again, ''); ${end} }`),
      size: 1,
    })
    const answers = await Promise.all(files.map((file) => hashes.hash([file])))
    expect(answers).toEqual(files.map(({ path }) => [path]))
  },
)

it('gives up files that two workers ended on, and goes on with others', async () => {
  const hashes = pool({
    script: script(`if (files[0].path.endsWith('file-7')) throw new Error('broken here')`),
    size: 1,
  })
  const [bad = { path: '', digest: '' }] = files.slice(7)
  const failed = hashes.hash([bad, ...files.slice(0, 2)])
  await expect(failed).rejects.toBeInstanceOf(StorageError)
  await expect(failed).rejects.toThrow(
    `cannot hash ${bad.path} and 2 more files: the thread that does it failed: broken here`,
  )
  expect(await hashes.hash(files.slice(0, 2))).toEqual(files.slice(0, 2).map(({ path }) => path))
  await expect(hashes.hash([bad])).rejects.toThrow(/cannot hash \S+file-7: /)
})

it('says what is wrong when no worker starts', async () => {
  const hashes = pool({ script: join(scratch, 'no-such-script.js') })
  await expect(hashes.hash(files)).rejects.toBeInstanceOf(StorageError)
})

it('works on several files at a time', async () => {
  // Each waits for what the other one makes.
  const hashes = pool({
    script: script(`
      const [mine, other] = files[0].path.endsWith('file-0') ? ['a', 'b'] : ['b', 'a']
      writeFileSync(again + mine, '')
      while (!existsSync(again + other)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)`),
    size: 2,
  })
  const answers = await Promise.all(files.slice(0, 2).map((file) => hashes.hash([file])))
  expect(answers.flat()).toEqual(files.slice(0, 2).map(({ path }) => path))
})

it('gives files to the worker that has the least to do', async () => {
  const path = script(`
    if (files[0].path.endsWith('file-0'))
      while (!existsSync(again)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)`)
  const hashes = pool({ script: path, size: 2 })
  const slow = hashes.hash(files.slice(0, 1))
  for (const file of files.slice(1, 5)) expect(await hashes.hash([file])).toEqual([file.path])
  writeFileSync(`${path}.again`, '')
  expect(await slow).toEqual([files[0]?.path])
})

it('keeps the program alive while it hashes, and no longer', async () => {
  const module = new URL('../../dist/storage/filesystem/hash-pool.js', import.meta.url).href
  const code = `
    const { createHashPool } = await import(${JSON.stringify(module)})
    createHashPool().hash([{ path: process.execPath, digest: 'sha256' }]).then(([hex]) => console.log(hex.length))`
  const program = join(scratch, 'program.mjs')
  writeFileSync(program, code)
  const { stdout } = await promisify(execFile)(process.execPath, [program])
  expect(stdout).toBe('64\n')
})

it('starts a worker only when all others are busy, and no more than it may', async () => {
  const path = script(`writeFileSync(again + threadId, '')`)
  const started = (): number => readdirSync(scratch).filter((name) => name.startsWith(basename(`${path}.again`))).length
  const idle = pool({ script: path, size: 3 })
  for (const file of files.slice(0, 5)) await idle.hash([file])
  expect(started()).toBe(1)
  const busy = pool({ script: path, size: 2 })
  await Promise.all(files.map((file) => busy.hash([file])))
  expect(started()).toBe(3)
})

it('answers everybody when it is closed', async () => {
  const hashes = pool({ script: script('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'), size: 1 })
  const waiting = [hashes.hash(files), hashes.hash(files)].map((one) => one.catch((error: unknown) => error))
  await hashes.close()
  for (const answer of await Promise.all(waiting)) expect(answer).toBeInstanceOf(StorageError)
  await expect(hashes.hash(files)).rejects.toBeInstanceOf(StorageError)
})
