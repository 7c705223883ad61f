import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { generateIndex } from '../helpers/index/index.js'
import { run, writeConfig } from './soak/program.js'
import { createMirror, served, serveIndex } from './support.js'

/** More than a run does with one thread. */
const PROJECTS = 120

function summaryOf(log: string): string | undefined {
  return /projects updated.*(?= on \d+ connection)/.exec(log)?.[0]
}

describe('a run of so many projects that a second thread fetches files', () => {
  it('makes the same mirror and counts the same as one with a single request at a time, hence thread', async () => {
    const upstream = await serveIndex(generateIndex({ projects: PROJECTS, filesPerProject: 4 }))
    const mirrors = ['', 'max-requests = 1\n'].map((options) => createMirror(upstream.url, `json = true\n${options}`))
    const logs: string[] = []
    for (const mirror of mirrors) {
      const { code, log } = await mirror.run()
      expect(code, log).toBe(0)
      logs.push(log)
    }
    const [two, one] = mirrors
    expect(served(two?.directory ?? '')).toEqual(served(one?.directory ?? ''))
    expect(summaryOf(logs[0] ?? '')).toMatch(/\d+ files fetched/)
    expect(summaryOf(logs[0] ?? '')).toBe(summaryOf(logs[1] ?? ''))
    expect(readdirSync(join(two?.directory ?? '', '.bandersnatch/tmp'))).toEqual([])
  })

  it('that cannot write ends with one line and exit code 5, and leaves nothing half', async () => {
    const upstream = await serveIndex(
      generateIndex({ projects: PROJECTS, filesPerProject: 4, sizes: [50_000, 60_000] }),
    )
    const home = mkdtempSync(join(tmpdir(), 'second-thread-'))
    onTestFinished(() => rmSync(home, { recursive: true, force: true }))
    const directory = join(home, 'mirror')
    const config = writeConfig(join(home, 'bandersnatch.conf'), { directory, master: upstream.url, workers: 10 })
    const { code, stderr } = await run(['-c', config, 'mirror'], {
      // No file may be larger than 32 times 512 bytes, or 1024 in some shells.
      by: ['sh', '-c', 'ulimit -f 32; exec "$@"', 'sh'],
      env: { NODE_OPTIONS: '--import=data:text/javascript,process.on(%22SIGXFSZ%22,()=>undefined)' },
    })
    expect(code, stderr).toBe(5)
    expect(
      stderr.split('\n').filter((line) => / ERROR: /.test(line)),
      stderr,
    ).toHaveLength(1)
    expect(readdirSync(join(directory, '.bandersnatch/tmp'))).toEqual([])
    expect(Object.keys(served(directory)).filter((key) => /\.(?:whl|gz)$/.test(key))).toEqual([])
    const healed = await run(['-c', config, 'mirror'])
    expect(healed.code, healed.stderr).toBe(0)
  })
})
