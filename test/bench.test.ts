import { execFile } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RowResult } from '../bench/checks.js'
import { randomNumbers, spread } from '../bench/random.js'
import { ROWS } from '../bench/rows/index.js'

const run = promisify(execFile)
const PROJECT = resolve(import.meta.dirname, '..')
const TSC = join(PROJECT, 'node_modules', 'typescript', 'bin', 'tsc')
const MINUTES = 60_000
/** so small that starting programs is most of it */
const SIZES =
  'projects=8,files=60,bytes=400000,bigFiles=4,bigBytes=6000000,hugeBytes=4000000,wanFiles=30,wanBigFiles=3,slowFiles=30,metadata=10,attested=10,s3Files=30,names=500,planned=500'

function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => fs.existsSync(join(directory, program)))
}

const hasTime = fs.existsSync('/usr/bin/time')
const scratch = fs.mkdtempSync(join(tmpdir(), 'bench-test-'))
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

async function bench(args: readonly string[]): Promise<readonly RowResult[]> {
  const small = ['--scale', 'small', '--sizes', SIZES, '--port', '0', '--json']
  const places = ['--cache', join(scratch, 'cache'), '--output', scratch]
  const main = join(scratch, 'out', 'bench', 'main.js')
  const { stdout } = await run(process.execPath, [main, ...small, ...places, ...args], {
    cwd: PROJECT,
    maxBuffer: 1 << 24,
  })
  return (JSON.parse(stdout) as { results: RowResult[] }).results
}

/** Every figure there, none of them judged. */
function expectFigures({ row, title, failure, measured, checks }: RowResult): void {
  expect(failure, row).toBeUndefined()
  if (row === 's3' && !installed('radosgw')) return expect(title).toMatch(/^skipped: .*radosgw/)
  // Not everybody may make network namespaces, or has a C compiler.
  if (row.startsWith('wan') || row === 'slow-disk') if (title.startsWith('skipped: ')) return
  expect(measured.length, row).toBeGreaterThan(1)
  for (const { name, wall, cpu, rss } of measured) {
    expect(wall, `${row}: ${name}`).toBeGreaterThan(0)
    if (hasTime) expect([typeof cpu, typeof rss], `${row}: ${name}`).toEqual(['number', 'number'])
  }
  for (const { what, unit, value } of checks) {
    if (hasTime || unit === 'x') expect(typeof value, `${row}: ${what}`).toBe('number')
  }
}

describe('npm run bench', () => {
  beforeAll(async () => {
    await run(process.execPath, [TSC, '-p', 'bench', '--outDir', join(scratch, 'out')], { cwd: PROJECT })
    fs.writeFileSync(join(scratch, 'out', 'package.json'), '{"type":"module"}')
  }, MINUTES)

  it(
    'measures every case beside its limit',
    async () => {
      const results = await bench([])
      expect(results.map(({ row }) => row)).toEqual(Object.keys(ROWS))
      results.forEach(expectFigures)
      const [firstSync] = results
      const requests = new Map(firstSync?.measured.map(({ name, requests }) => [name, requests]))
      expect(requests.get('bandersnatch'), 'what curl fetches is what the mirror fetches').toBe(
        requests.get('curl --parallel'),
      )
    },
    8 * MINUTES,
  )

  it(
    'serves the upstream with Node, and compares another program',
    async () => {
      const other = `${process.execPath} bin/bandersnatch.js`
      const results = await bench(['--server', 'node', '--vs', other, '--rows', 'first-sync,quiet-changelog'])
      results.forEach(expectFigures)
      for (const { row, measured } of results)
        expect(
          measured.map(({ name }) => name),
          row,
        ).toContain(other)
    },
    4 * MINUTES,
  )

  it('leaves nothing behind but its cache', () => {
    expect(fs.readdirSync(scratch).sort()).toEqual(['cache', 'out'])
  })

  it('says what it does not understand', async () => {
    await expect(bench(['--rows', 'no-such-row'])).rejects.toThrow(/no-such-row: one of first-sync/)
    await expect(bench(['--sizes', 'projects=none'])).rejects.toThrow(/not a number/)
  })
})

describe('spread', () => {
  it('gives numbers that add up, within bounds', () => {
    const numbers = spread(randomNumbers(1), { count: 500, total: 10_000, sigma: 1.3, least: 1, most: 400 })
    expect(numbers.reduce((a, b) => a + b, 0)).toBe(10_000)
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...numbers)).toBeLessThanOrEqual(400)
    expect([...numbers].sort((a, b) => a - b)[250]).toBeLessThan(20)
  })

  it('depends on the seed alone', () => {
    const of = (seed: number): number[] =>
      spread(randomNumbers(seed), { count: 9, total: 90, sigma: 1, least: 1, most: 90 })
    expect(of(7)).toEqual(of(7))
    expect(of(7)).not.toEqual(of(8))
  })
})
