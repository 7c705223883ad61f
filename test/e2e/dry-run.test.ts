import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FIXTURE_APP, fixtureIndex, startIndex } from '../helpers/index/index.js'

const BIN = join(import.meta.dirname, '..', '..', 'bin', 'bandersnatch.js')
const scratch = mkdtempSync(join(tmpdir(), 'dry-run-'))
const mirror = join(scratch, 'mirror')
let index: Awaited<ReturnType<typeof startIndex>>

interface Plan {
  readonly code: number
  readonly projects: readonly {
    readonly name: string
    readonly action: string
    readonly files: number
    readonly bytes: number
  }[]
  readonly files: number
  readonly bytes: number
  readonly fetch: readonly { readonly path: string; readonly condition: string }[]
  readonly remove: readonly string[]
}

interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function bandersnatch(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [BIN, '-c', join(scratch, 'conf'), ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}

function configure(extra = ''): void {
  const plain = `[mirror]\ndirectory = ${mirror}\nmaster = ${index.url}\nallow-non-https = true\njson = true\n`
  writeFileSync(join(scratch, 'conf'), plain + extra)
}

beforeAll(async () => {
  index = await startIndex(fixtureIndex())
  configure()
})
afterAll(async () => {
  await index.close()
  rmSync(scratch, { recursive: true, force: true })
})

describe('mirror --dry-run', () => {
  it('tells what a first run would fetch and writes nothing', async () => {
    const { code, stdout } = await bandersnatch('mirror', '--dry-run', '--json')
    const plan = JSON.parse(stdout) as {
      projects: { name: string; action: string; files: number; bytes: number }[]
      files: number
      bytes: number
    }
    expect(code).toBe(0)
    expect(plan.projects.find(({ name }) => name === FIXTURE_APP)).toMatchObject({ action: 'add' })
    expect(plan.files).toBeGreaterThan(10)
    expect(plan.bytes).toBeGreaterThan(1_000_000)
    const text = await bandersnatch('mirror', '--dry-run')
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(
      /^\d+ projects to sync, 0 to remove, \d+ files to fetch \(.* MB\); .* free; serial none -> \d+$/m,
    )
    expect(existsSync(mirror)).toBe(false)
  })

  it('agrees with what the run then fetches, and has nothing to say after it', async () => {
    const planned = JSON.parse((await bandersnatch('mirror', '--dry-run', '--json')).stdout) as { files: number }
    const summary = join(scratch, 'summary.json')
    expect((await bandersnatch('--summary-json', summary, 'mirror')).code).toBe(0)
    const after = JSON.parse((await bandersnatch('mirror', '--dry-run', '--json')).stdout) as {
      projects: unknown[]
      files: number
    }
    expect(after).toMatchObject({ projects: [], files: 0 })
    const stored = readdirSync(join(mirror, 'web', 'packages'), { recursive: true, withFileTypes: true }).filter(
      (entry) => entry.isFile(),
    )
    expect(stored.length).toBe(planned.files)
  })

  it('with --quick asks for no metadata', async () => {
    index.reset()
    await bandersnatch('mirror', '--dry-run', '--quick', '--force-check')
    expect(index.count(/\/pypi\/.*\/json/)).toBe(0)
  })

  it('--explain names the plugin that decides', async () => {
    configure('[plugins]\nenabled =\n  blocklist_project\n  prerelease_release\n[blocklist]\npackages = demo-bare\n')
    const { stdout } = await bandersnatch('mirror', '--explain', 'demo-bare', FIXTURE_APP)
    expect(stdout).toMatch(/^demo-bare: dropped by blocklist_project \(.*conf:\d+\) \(mirrored now\)$/m)
    expect(stdout).toMatch(new RegExp(`${FIXTURE_APP}: wanted`))
    configure()
  })

  it.each([['mirror'], ['sync', FIXTURE_APP], ['verify'], ['delete', FIXTURE_APP]])(
    'is what --json of %s belongs to: without it nothing is done',
    async (...words) => {
      const before = readdirSync(mirror, { recursive: true }).length
      const { code, stderr, stdout } = await bandersnatch(...words, '--json')
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain("option '--json' needs '--dry-run'")
      expect(readdirSync(mirror, { recursive: true }).length).toBe(before)
    },
  )

  it('of sync, verify and delete is one object of the same form with --json', async () => {
    const plan = async (...words: string[]): Promise<Plan> => {
      const { code, stdout } = await bandersnatch(...words, '--dry-run', '--json')
      return { code, ...(JSON.parse(stdout) as object) } as Plan
    }
    expect(await plan('sync', FIXTURE_APP)).toMatchObject({
      code: 0,
      projects: [{ name: FIXTURE_APP, action: 'update', files: 0, bytes: 0 }],
      removals: [],
      files: 0,
      bytes: 0,
      bytesFree: expect.any(Number) as number,
      fits: true,
    })
    const packages = join(mirror, 'web', 'packages')
    const wheels = readdirSync(packages, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.whl'))
    const [gone = '', broken = ''] = wheels
      .filter((path) => /demo_(bare|native)/.test(path))
      .sort((a, b) => (a.includes('bare') ? -1 : b.includes('bare') ? 1 : 0))
    rmSync(join(packages, gone))
    writeFileSync(join(packages, broken), 'broken')
    writeFileSync(join(packages, 'stray'), 'of nobody')
    const verify = await plan('verify', '--delete')
    // damage was found
    expect(verify).toMatchObject({ code: 1, removals: [], files: 2, remove: [join(packages, 'stray')] })
    expect(verify.projects.map(({ name, action, files }) => [name, action, files])).toEqual([
      ['demo-bare', 'repair', 1],
      ['demo-native', 'repair', 1],
    ])
    expect(verify.fetch.map(({ path, condition }) => [path, condition])).toEqual([
      [join(packages, gone), 'missing'],
      [join(packages, broken), 'mismatch'],
    ])
    expect(verify.bytes).toBe(verify.projects.reduce((sum, { bytes }) => sum + bytes, 0))
    expect(existsSync(join(packages, 'stray')) && !existsSync(join(packages, gone))).toBe(true)

    const removal = await plan('delete', 'Demo_Native', 'no/name')
    expect(removal).toMatchObject({
      code: 1,
      removals: [{ project: 'demo-native' }],
      files: 0,
      projects: [{ name: '"no/name"', action: 'failed', reason: 'this is not a project name' }],
    })
    expect(removal.remove).toContain(join(packages, broken))
    expect(removal.remove).toContain(join(mirror, 'web', 'simple', 'demo-native'))
    expect(existsSync(join(mirror, 'web', 'simple', 'demo-native', 'index.html'))).toBe(true)
    rmSync(join(packages, 'stray'))
    expect((await bandersnatch('verify')).code).toBe(0)
  })

  it('of sync plans the named projects alone', async () => {
    const { stdout, code } = await bandersnatch('sync', '--dry-run', FIXTURE_APP, 'no-such-project')
    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`^update +${FIXTURE_APP}: 0 files`, 'm'))
    expect(stdout).toMatch(/^failed +no-such-project: is not on upstream$/m)
  })
})
