import { beforeAll, describe, expect, it } from 'vitest'
import { closureCommand } from '../../../src/commands/closure.js'
import { mirrorCommand } from '../../../src/commands/mirror.js'
import { dryRunCommand } from '../../../src/commands/dry-run.js'
import { statusCommand } from '../../../src/commands/status.js'
import { EXIT } from '../../../src/errors.js'
import { bench } from '../../commands/support.js'
import type { Bench } from '../../commands/support.js'
import { createPackageIndex, startIndex } from '../../helpers/index/index.js'
import { closureOf, FLAGS, release } from './support.js'

const NO_WHY = { json: false, why: [] }
const PLAN = { ...FLAGS, quick: true, json: false, explain: [] as string[] }

describe('what is said of what requirements need', () => {
  let at: Bench
  let printed = (): string => ''
  beforeAll(async () => {
    const index = createPackageIndex()
    release(index, 'app', '1.0', ['lib<3', 'idna', 'app[more]; extra == "more"'])
    release(index, 'lib', '1.0', ['idna', 'gone; sys_platform == "win32"'])
    release(index, 'lib', '2.0', ['idna'])
    release(index, 'idna', '3.0')
    const server = await startIndex(index)
    at = bench(server.url, closureOf(['app', 'lib']))
    let before = 0
    printed = () => {
      const text = at.printed().slice(before)
      before += text.length
      return text
    }
    return () => server.close()
  })

  it('a dry run counts what is needed, and names what is missing', async () => {
    expect(await dryRunCommand(at.setting, PLAN)).toBe(EXIT.incomplete)
    expect(printed()).toMatch(
      /^missing {2}gone: upstream has no such project; lib 1\.0 needs gone; sys_platform == "win32" for win\nNeeded: 3 projects with 4 release files\nWhy: 3 new\n/m,
    )
  })

  it('closure prints a tree with sizes, before the first run and after it', async () => {
    expect(await closureCommand(at.setting, NO_WHY)).toBe(EXIT.incomplete)
    const text = printed()
    expect(text).toMatch(
      /^app 1\.0: 1 file, .*\n {2}idna 3\.0: 1 file, .*\n {2}lib 2\.0, 1\.0: 2 files, .*\n {4}idna \(above\)\nlib \(above\)\nmissing {2}gone: .*\n3 projects, 4 files, .* for linux, win\n$/,
    )
    expect(await mirrorCommand(at.setting, FLAGS)).toBe(EXIT.incomplete)
    expect(at.logged()).toMatch(/Not up to date: gone: upstream has no such project; lib 1\.0 needs gone/)
    printed()
    await closureCommand(at.setting, NO_WHY)
    expect(printed()).toBe(text)
  })

  it('closure --json gives it as data', async () => {
    await closureCommand(at.setting, { ...NO_WHY, json: true })
    expect(JSON.parse(printed())).toMatchObject({
      environments: ['linux', 'win'],
      files: 4,
      projects: [
        {
          name: 'app',
          versions: ['1.0'],
          neededBy: [{ from: '[allowlist] packages', version: null, requirement: 'app' }],
        },
        { name: 'idna', files: [{ filename: 'idna-3.0-py3-none-any.whl' }] },
        { name: 'lib' },
      ],
      missing: [{ project: 'gone' }],
    })
  })

  it('closure --why prints the requirements that lead to a project', async () => {
    expect(await closureCommand(at.setting, { ...NO_WHY, why: ['IDNA'] })).toBe(EXIT.ok)
    expect(printed()).toMatch(
      /^IDNA is needed:\n {2}\[allowlist\] packages: (app|lib) -> (app 1\.0|lib 2\.0)\n {2}(app 1\.0|lib 2\.0): idna -> idna 3\.0\n$/,
    )
    expect(await closureCommand(at.setting, { ...NO_WHY, why: ['unknown'] })).toBe(EXIT.incomplete)
    expect(printed()).toBe('unknown is not needed\n')
  })

  it('mirror --explain and status know it', async () => {
    await dryRunCommand(at.setting, { ...PLAN, explain: ['idna', 'gone'] })
    expect(printed()).toMatch(
      /^idna: wanted \(mirrored now\)\n.*\n {2}app 1\.0 needs idna for linux, win\n {2}lib 1\.0 needs idna/,
    )
    await statusCommand(at.setting, { json: false, html: undefined, online: false, largest: 0 })
    const text = printed()
    expect(text).toMatch(
      /^Needed +3 projects by the requirements and lock files; 1 requirement that upstream cannot meet$/m,
    )
    expect(text).toMatch(/^Needed, but not upstream\n {2}gone: upstream has no such project; lib 1\.0 needs gone/m)
  })

  it('closure without [closure] is refused', async () => {
    const plain = bench('http://127.0.0.1:9')
    await expect(closureCommand(plain.setting, NO_WHY)).rejects.toThrow(/\[closure\] is not set/)
  })
})
