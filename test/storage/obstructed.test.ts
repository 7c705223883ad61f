import { existsSync, mkdirSync, mkdtempSync, openSync, closeSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { BandersnatchError, EXIT, StorageError } from '../../src/errors.js'
import { createCaller } from '../../src/storage/filesystem/caller.js'
import { createDirectories } from '../../src/storage/filesystem/directories.js'
import { createFilesystemStorage } from '../../src/storage/filesystem/filesystem.js'
import { makePath } from '../../src/storage/filesystem/make-path.js'
import type { Storage } from '../../src/storage/types.js'

const scratch = mkdtempSync(join(tmpdir(), 'obstructed-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
const hasProc = existsSync('/proc/self/fd')

function open(directory: string): Storage {
  return createFilesystemStorage({
    directory,
    managePermissions: true,
    host: { pid: 1, bootId: 'boot', pidNamespace: 'pid:[1]', umask: 0o022, processIdentity: () => 'alive' },
    onLockLost: () => undefined,
  })
}

const failureOf = async (work: Promise<unknown>): Promise<BandersnatchError> => {
  const error: unknown = await work.then(
    () => 'no error',
    (failure: unknown) => failure,
  )
  if (error instanceof BandersnatchError) return error
  throw new Error(`expected a BandersnatchError, not ${String(error)}`)
}

/** A directory that is there and in which mkdir answers ENOENT, as autofs does: one that was removed. */
function removedDirectory(): string {
  const directory = mkdtempSync(join(scratch, 'removed-'))
  const handle = openSync(directory, 'r')
  onTestFinished(() => closeSync(handle))
  rmSync(directory, { recursive: true })
  return `/proc/self/fd/${handle}`
}

describe.runIf(hasProc)('a place in which no directory can be made', () => {
  it.each(['/proc/bandersnatch', '/proc/bandersnatch/mirror'])('ends with one line: %s', async (directory) => {
    const error = await failureOf(open(directory).prepare([]))
    expect(error).toMatchObject({ exitCode: EXIT.storage })
    expect(error.message).toMatch(/^cannot create the mirror directory \/proc\/bandersnatch.*: /)
  })

  it('ends so where the directory itself was removed', async () => {
    const place = removedDirectory()
    const error = await failureOf(open(join(place, 'mirror')).prepare([]))
    expect(error).toMatchObject({
      exitCode: EXIT.storage,
      message: `cannot create the mirror directory ${place}/mirror: no directory can be made there (ENOENT)`,
    })
    expect(await failureOf(open(place).prepare(['web/simple']))).toMatchObject({ exitCode: EXIT.storage })
  })

  it('ends so where it was removed under a run', async () => {
    const directory = mkdtempSync(join(scratch, 'under-'))
    const handle = openSync(directory, 'r')
    onTestFinished(() => closeSync(handle))
    const storage = open(`/proc/self/fd/${handle}`)
    await storage.prepare(['web/simple'])
    await storage.write('web/simple/a/index.html', 'page')
    rmSync(directory, { recursive: true })
    const error = await failureOf(storage.write('web/simple/b/index.html', 'page'))
    expect(error).toMatchObject({ exitCode: EXIT.storage })
    expect(error.message).toContain('the directory has vanished')
  })
})

describe.runIf(hasProc)('a directory that is there and takes no others', () => {
  it('ends with one line', async () => {
    // As with autofs: mkdir answers EEXIST for the one, and ENOENT for one below it.
    const error = await failureOf(createCaller().run(createDirectories('/proc').ensure('self/project')))
    expect(error).toBeInstanceOf(StorageError)
    expect(error.message).toBe('cannot create the directory /proc/self/project: the directory has vanished (ENOENT)')
  })
})

describe('something in the place of a directory', () => {
  it.each(['web', 'web/simple', 'web/packages', '.bandersnatch'])('ends a run with exit code 5: %s', async (key) => {
    const directory = mkdtempSync(join(scratch, 'file-'))
    mkdirSync(join(directory, key, '..'), { recursive: true })
    writeFileSync(join(directory, key), 'a file')
    const error = await failureOf(open(directory).prepare(['web/simple', 'web/packages']))
    expect(error).toMatchObject({ exitCode: EXIT.storage, message: `${join(directory, key)} is not a directory` })
  })

  it('ends a run so where it is the mirror directory itself, or one above it', async () => {
    const file = join(scratch, 'plain')
    writeFileSync(file, 'a file')
    for (const directory of [file, join(file, 'mirror')]) {
      expect(await failureOf(open(directory).prepare([]))).toMatchObject({
        exitCode: EXIT.storage,
        message: `cannot create the mirror directory ${directory}: there is a file where a directory is needed (ENOTDIR)`,
      })
    }
  })

  it('ends a run so where it is a directory in the place of a file', async () => {
    const directory = mkdtempSync(join(scratch, 'directory-'))
    mkdirSync(join(directory, 'status', 'x'), { recursive: true })
    expect(await failureOf(open(directory).write('status', '5'))).toMatchObject({ exitCode: EXIT.storage })
  })
})

describe('makePath', () => {
  it('makes what is missing, and takes links to directories', () => {
    const base = mkdtempSync(join(scratch, 'path-'))
    makePath(join(base, 'a/b/c'), 'create')
    makePath(join(base, 'a/b/c'), 'create')
    symlinkSync(join(base, 'a'), join(base, 'link'))
    makePath(join(base, 'link/d'), 'create')
    makePath(join(base, 'link'), 'create')
    expect(existsSync(join(base, 'a/d'))).toBe(true)
    symlinkSync(join(base, 'nowhere'), join(base, 'dangling'))
    expect(() => makePath(join(base, 'dangling'), 'create')).toThrow(/no directory can be made there/)
  })
})
