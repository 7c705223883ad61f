import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const scratch = mkdtempSync(join(tmpdir(), 'start-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

interface Ended {
  readonly code: number | null
  readonly stderr: string
}

function start(
  args: readonly string[],
  { program = 'bandersnatch', node = [] as string[], cwd = scratch } = {},
): Ended {
  const command = [...node, join(root, 'bin', `${program}.js`), ...args]
  const { status, stderr } = spawnSync(process.execPath, command, { cwd, encoding: 'utf8' })
  return { code: status, stderr }
}

describe.each(['bandersnatch', 'bandersnatch-runner'])('%s', (program) => {
  it.each(['18.20.8', '20.17.0', '20.18.0', '4.9.1'])('says in one line that Node.js %s is too old', (version) => {
    const preload = join(scratch, 'old.mjs')
    writeFileSync(
      preload,
      `Object.defineProperty(process, 'versions', { value: { node: ${JSON.stringify(version)} } })`,
    )
    const { code, stderr } = start(['--version'], { program, node: ['--import', preload] })
    expect(code).toBe(2)
    expect(stderr).toBe(`bandersnatch needs Node.js 20.18.1 or later; this is ${version} (${process.execPath})\n`)
  })

  it('starts with this one', () => {
    expect(start(['--version'], { program })).toMatchObject({ code: 0, stderr: '' })
  })
})

describe('a mistyped -c', () => {
  it.each([
    ['status'],
    ['serve'],
    ['delete', 'foo'],
    ['verify'],
    ['check-config'],
    ['mirror', '--dry-run'],
    ['mirror', '--explain', 'foo'],
  ])('writes no example for %s %s', (...command) => {
    const directory = mkdtempSync(join(scratch, 'c-'))
    const { code, stderr } = start(['-c', join(directory, 'bandersntach.conf'), ...command])
    expect(code).toBe(2)
    expect(stderr).toMatch(/bandersntach\.conf: there is no such file; is the path after -c right\?/)
    expect(readdirSync(directory)).toEqual([])
  })

  it('writes one for mirror', () => {
    const path = join(scratch, 'new.conf')
    const { code, stderr } = start(['-c', path, 'mirror'])
    expect(code).toBe(1)
    expect(stderr).toContain('an example is there now')
    expect(existsSync(path)).toBe(true)
  })
})

describe('a working directory that was removed', () => {
  it('ends with one line', () => {
    const gone = mkdtempSync(join(scratch, 'gone-'))
    const script = `process.chdir(${JSON.stringify(gone)}); require('node:fs').rmdirSync(${JSON.stringify(gone)})`
    const preload = join(scratch, 'gone.cjs')
    writeFileSync(preload, script)
    const { code, stderr } = start(['-c', 'bandersnatch.conf', 'status'], { node: ['--require', preload] })
    expect(stderr).toMatch(/the current directory was removed; change to another one/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })
})

describe('delete without a name', () => {
  it('is a mistake of the command line', () => {
    const { code, stderr } = start(['delete'])
    expect(code).toBe(2)
    expect(stderr).toContain("missing required argument 'package'")
  })
})
