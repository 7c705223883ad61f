import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/errors.js'
import { planMirror } from '../../src/mirror/dry-run.js'
import { runMirror } from '../../src/mirror/mirror.js'
import { ensureFiles } from '../../src/mirror/project/fetch-files.js'
import { everythingMeant, judgeEverything } from '../../src/mirror/plan/everything.js'
import { fits, planText } from '../../src/report/plan.js'
import { engine } from '../helpers/engine.js'
import type { Engine, EngineOptions } from '../helpers/engine.js'
import { memoryPlace } from '../helpers/memory-storage.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const QUICK = { ...PLAIN, quick: true }
const TB = 1e12
const config = { releaseFiles: true, everything: false }

describe('very many new projects', () => {
  it.each([
    [886_000, 2 * TB, config, true],
    [886_000, 20 * TB, config, false],
    [886_000, 2 * TB, { ...config, everything: true }, false],
    [886_000, undefined, config, false],
    [886_000, 0.1 * TB, { ...config, releaseFiles: false }, false],
    [886_000, 0.01 * TB, { ...config, releaseFiles: false }, true],
    [49_000, 0, config, false],
  ])('%i with %j bytes free and %j: refused %s', (projects, free, given, refused) => {
    expect(judgeEverything(projects, { config: given, free })?.refused).toBe(refused)
  })

  it('say what all of PyPI is, beside the free space', () => {
    expect(judgeEverything(700_000, { config, free: 2.5 * TB })?.text).toBe(
      '700,000 projects are new: about 27.7 TB, unless filters drop releases or files; ' +
        'all of PyPI has 886,000 projects and 35 TB; 2.5 TB are free',
    )
    expect(judgeEverything(2000, { config, free: 20e9 })?.text).toBe(
      '2,000 projects are new: about 79 GB, unless filters drop releases or files; 20 GB are free',
    )
    expect(judgeEverything(2000, { config, free: TB })).toBeUndefined()
    expect(judgeEverything(999, { config, free: 0 })).toBeUndefined()
    expect(everythingMeant(undefined, { config, free: TB })?.text).toMatch(
      /^no list of projects to mirror: 886,000 projects/,
    )
  })
})

describe('a first run without a list of projects', () => {
  const NAMES = Array.from({ length: 60_000 }, (_, n): [string, number] => [`project-${n}`, n + 1])
  const list = async (): Promise<{
    serial: number
    projects: Map<string, number>
    hasSerials: boolean
    etag: undefined
  }> => ({ serial: 60_000, projects: new Map(NAMES), hasSerials: true, etag: undefined })

  /** An upstream as large as PyPI; the run ends with the first question about a project. */
  async function run(options: EngineOptions & { readonly free?: number } = {}): Promise<Engine> {
    const { free = 0.2 * TB } = options
    const properties = { metered: false, freeBytes: async () => free }
    const asked = new Error('a project was asked for')
    const end = async (): Promise<never> => {
      context.stop.abort(asked)
      throw asked
    }
    const upstream = { list, lastSerial: async () => 60_000, metadata: end, projectPage: end }
    const context = await engine({ properties, upstream, ...options })
    return context
  }

  it('is refused with exit code 2, and writes neither projects nor status', async () => {
    const place = memoryPlace()
    const context = await run({ place })
    const error: unknown = await runMirror(context, PLAIN).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(ConfigError)
    expect(String(error)).toMatch(
      /60,000 projects are new: about 2\.4 TB.*; 200 GB are free\. Limit .*: mirror --all, or \[mirror\] everything = true$/,
    )
    expect(context.keys(/^(?:status|todo|web\/simple\/.+)$/)).toEqual([])
    await expect(runMirror(await run({ place }), PLAIN)).rejects.toThrow(ConfigError)
  })

  it.each([
    ['--all', { all: true }, {}],
    ['everything = true', {}, { mirror: 'everything = true' }],
    ['enough space', {}, { free: 10 * TB }],
  ])('begins with %s', async (_, flags, options) => {
    const context = await run(options)
    await expect(runMirror(context, { ...PLAIN, ...flags })).rejects.toThrow('a project was asked for')
    expect(context.lines).toContainEqual(expect.stringMatching(/^60,000 projects are new: about 2\.4 TB/))
  })

  it('is not asked about again when it goes on', async () => {
    const place = memoryPlace()
    await expect(runMirror(await run({ place }), { ...PLAIN, all: true })).rejects.toThrow('a project was asked for')
    await expect(runMirror(await run({ place }), PLAIN)).rejects.toThrow('a project was asked for')
  })

  it('is no question where a list limits it', async () => {
    const sections = '[plugins]\nenabled = allowlist_project\n[allowlist]\npackages = project-7\n'
    const context = await run({ sections })
    await expect(runMirror(context, PLAIN)).rejects.toThrow('a project was asked for')
    expect(context.lines.filter((line) => line.includes('projects are new'))).toEqual([])
  })

  it('is said by a dry run, which does not ask for sizes', async () => {
    const plan = await planMirror(await run(), QUICK)
    expect(planText(plan, 0.2 * TB)).toMatch(
      /60,000 projects are new: .* mirror --all, or \[mirror\] everything = true\nWhy: /,
    )
    expect(fits(plan, 0.2 * TB)).toBe(false)
    await expect(planMirror(await run(), { ...QUICK, quick: false })).rejects.toThrow(ConfigError)
    expect(fits(await planMirror(await run({ mirror: 'everything = true' }), QUICK), 0.2 * TB)).toBe(true)
  })
})

describe('a plan that does not fit', () => {
  const plan = { projects: [], removals: [], refusal: undefined, held: 0, blocked: 0, files: 3, bytes: 12e9 }

  it('says so', () => {
    expect(planText(plan, 3e9)).toContain('Does not fit: 12.0 GB to fetch, 3.00 GB free\n')
    expect(fits(plan, 3e9)).toBe(false)
    expect(planText(plan, 13e9)).not.toContain('fit')
    expect(fits(plan, 12e9)).toBe(true)
    expect(fits(plan, undefined)).toBe(true)
    expect(fits({ ...plan, bytes: undefined }, 0)).toBe(true)
  })
})

describe('a project that does not fit', () => {
  it('is said before its files are fetched', async () => {
    const context = await engine({ properties: { metered: false, freeBytes: async () => 5e6 } })
    const digest = { name: 'sha256', hex: 'a'.repeat(64) }
    const spec = {
      kind: 'release' as const,
      key: 'web/packages/a/a.whl',
      filename: 'a.whl',
      urls: [],
      size: 7e9,
      digest,
      uploadTime: undefined,
    }
    const options = {
      project: 'torch',
      method: 'stat' as const,
      cautious: undefined,
      mayReplace: async () => undefined,
    }
    await ensureFiles(context, [spec], options)
    expect(context.lines[0]).toBe('torch does not fit: 1 file of 7,000 MB to fetch, 5 MB free')
  })
})
