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
    const plan = JSON.parse(stdout) as { projects: { name: string; action: string; files: number; bytes: number }[]; files: number; bytes: number }
    expect(code).toBe(0)
    expect(plan.projects.find(({ name }) => name === FIXTURE_APP)).toMatchObject({ action: 'add' })
    expect(plan.files).toBeGreaterThan(10)
    expect(plan.bytes).toBeGreaterThan(1_000_000)
    expect(existsSync(mirror)).toBe(false)
  })

  it('agrees with what the run then fetches, and has nothing to say after it', async () => {
    const planned = JSON.parse((await bandersnatch('mirror', '--dry-run', '--json')).stdout) as { files: number }
    const summary = join(scratch, 'summary.json')
    expect((await bandersnatch('--summary-json', summary, 'mirror')).code).toBe(0)
    const after = JSON.parse((await bandersnatch('mirror', '--dry-run', '--json')).stdout) as { projects: unknown[]; files: number }
    expect(after).toMatchObject({ projects: [], files: 0 })
    const stored = readdirSync(join(mirror, 'web', 'packages'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
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
    expect(stdout).toContain('demo-bare: dropped by blocklist_project (mirrored now)')
    expect(stdout).toMatch(new RegExp(`${FIXTURE_APP}: wanted`))
    configure()
  })

  it('of sync plans the named projects alone', async () => {
    const { stdout, code } = await bandersnatch('sync', '--dry-run', FIXTURE_APP, 'no-such-project')
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^update +${FIXTURE_APP}: 0 files`, 'm'))
    expect(stdout).toMatch(/^gone +no-such-project/m)
  })
})
