import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadGolden } from '../helpers/golden/cases.js'
import { globToRegExp } from '../helpers/golden/compare.mjs'
import { replay } from '../helpers/golden/replay.js'

/** Where we mean to differ from a recording: why, in which paths, and which exit code we give. */
interface Decision {
  readonly why: string
  readonly paths?: readonly string[]
  /** the state files after a run that are not the recorded ones */
  readonly left?: boolean
  readonly exit?: boolean
}

const decisions = JSON.parse(
  fs.readFileSync(join(import.meta.dirname, '..', 'fixtures', 'golden', 'decisions.json'), 'utf8'),
) as Record<string, Decision>
const scratch = fs.mkdtempSync(join(tmpdir(), 'golden-'))
const golden = loadGolden(scratch)
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

describe('mirror trees recorded from bandersnatch 8.0.0', () => {
  it.concurrent.each(golden.cases.map((c) => [c.name, c] as const))('%s', async (name, recorded) => {
    const decision = decisions[name]
    const { differences, runs } = await replay(recorded, { ...golden, scratch: join(scratch, 'cases', name) })
    const meant = (decision?.paths ?? []).map(globToRegExp)
    const unexpected = differences.filter(({ path }) => !meant.some((pattern) => pattern.test(path)))
    const report = unexpected.map((d) => `${d.what} ${d.path} ${d.detail}`)
    for (const [index, { exit, expected, left }] of runs.entries()) {
      const run = `run ${index + 1} (${expected.run.join(' ')})`
      if (decision?.exit !== true && (exit === 0) !== (expected.exit === 0))
        report.push(`${run}: exit ${exit}, recorded ${expected.exit}`)
      if (decision?.left === true) continue
      for (const [file, text] of Object.entries(expected.left)) {
        if (left[file] !== text)
          report.push(`${run}: ${file} is ${JSON.stringify(left[file])}, recorded ${JSON.stringify(text)}`)
      }
    }
    if (report.length > 0)
      report.push(
        runs
          .map(({ log }) => log)
          .join('\n')
          .slice(-1500),
      )
    expect(report.join('\n')).toBe('')
  })
})
