import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { displayWidth } from '../../src/report/width.js'
import { createProgress, figuresOf, wantsProgress } from '../../src/report/progress.js'
import { progressLine } from '../../src/report/progress-line.js'
import type { ProgressFigures, RunFigures } from '../../src/report/progress-line.js'
import { createReport } from '../../src/mirror/run/report.js'
import { memoryLog } from '../log/support.js'

const figures: ProgressFigures = {
  name: 'Projects',
  total: 886_000,
  done: 12_345,
  files: 45_678,
  bytes: 1.2e9,
  filesWanted: 45_678,
  bytesWanted: 1.2e9,
  longest: undefined,
  failed: 3,
  speed: { bytes: 3.4e6, steps: 121 },
}
const nothing: RunFigures = { files: 0, bytes: 0, filesWanted: 0, bytesWanted: 0, longest: undefined }
const longest = { filename: 'torch-2.9.1-cp313-cp313-manylinux_2_28_x86_64.whl', size: 900e6, held: 405e6, seconds: 75 }

describe('the progress line', () => {
  it.each([
    [120, 'Projects 12,345/886,000, 45,678 files, 1.20 GB, 3.40 MB/s, 2 h left, 3 failed'],
    [70, 'Projects 12,345/886,000, 1.20 GB, 3.40 MB/s, 2 h left, 3 failed'],
    [60, 'Projects 12,345/886,000, 3.40 MB/s, 2 h left, 3 failed'],
    [40, 'Projects 12,345/886,000, 3 failed'],
    [20, 'Projects 12,345/88…'],
    [1, ''],
  ])('at %i columns', (columns, line) => {
    expect(progressLine(figures, columns)).toBe(line)
    expect(displayWidth(line)).toBeLessThan(columns)
  })

  it('says no more than is known', () => {
    const speed = { bytes: 0, steps: 0 }
    const asking = { ...nothing, name: 'Asking upstream', total: undefined, done: 0, failed: 0, speed }
    expect(progressLine(asking, 80)).toBe('Asking upstream')
  })

  it('says how many files and bytes there are, as far as that is known', () => {
    const run = { ...figures, filesWanted: 50_000, bytesWanted: 5e9 }
    expect(progressLine(run, 200)).toBe(
      'Projects 12,345/886,000, 45,678/50,000 files, 1.20 GB of 5.00 GB, 3.40 MB/s, 2 h left, 3 failed',
    )
    // One large file may take longer than all the small projects.
    expect(progressLine({ ...run, bytesWanted: 1e12 }, 200)).toContain(', 3 d 9 h left, ')
  })

  it.each([
    [
      200,
      'Projects 0/1, 1/3 files, 1.20 GB of 5.00 GB, 4.00 MB/s, 15 min 50 s left, torch-2.9.1-cp313-cp313-manylinux_2_28_x86_64.whl 45%',
    ],
    [100, 'Projects 0/1, 1/3 files, 1.20 GB of 5.00 GB, 4.00 MB/s, 15 min 50 s left, torch-2.9.1-cp313-cp… 45%'],
    [90, 'Projects 0/1, 1.20 GB of 5.00 GB, 4.00 MB/s, 15 min 50 s left, torch-2.9.1-cp313-cp3… 45%'],
    [70, 'Projects 0/1, 1.20 GB of 5.00 GB, 4.00 MB/s, 15 min 50 s left'],
  ])('at %i columns names the file that takes longest, where there is room', (columns, line) => {
    const speed = { bytes: 4e6, steps: 0 }
    const one = { ...figures, total: 1, done: 0, files: 1, filesWanted: 3, bytesWanted: 5e9, failed: 0, speed, longest }
    expect(progressLine(one, columns)).toBe(line)
    const early = { ...one, longest: { ...longest, seconds: 5 } }
    expect(progressLine(early, columns)).not.toContain('torch')
  })
})

describe('the figures of a run', () => {
  it('count bytes while they arrive, and name the file that was begun first', () => {
    const report = createReport()
    Object.assign(report, { filesFetched: 2, bytesFetched: 100, filesWanted: 5, bytesWanted: 1000 })
    let [held, other] = [50, 0]
    const resumed = report.transfers.begin({ filename: 'resumed.whl', size: 400 }, () => held)
    report.transfers.begin({ filename: 'other.whl', size: 200 }, () => other)
    held = 80
    other = 7
    expect(figuresOf(report)).toMatchObject({
      files: 2,
      bytes: 137,
      filesWanted: 5,
      bytesWanted: 1000,
      longest: { filename: 'resumed.whl', size: 400, held: 80 },
    })
    resumed()
    expect(figuresOf(report)).toMatchObject({ bytes: 107, longest: { filename: 'other.whl' } })
    const since = Date.now() - 60_000
    report.transfers.elsewhere(0, { bytes: 1000, longest: { filename: 'there.whl', size: 9, held: 3, since } })
    expect(figuresOf(report)).toMatchObject({ bytes: 1107, longest: { filename: 'there.whl' } })
  })
})

describe('what is on the screen', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  it('counts no step past the end and no failure that was healed, and reckons with the last minute', () => {
    const { log, written } = memoryLog({ terminal: true, columns: 100 })
    let time = 0
    let bytes = 0
    const progress = createProgress({
      screen: log.screen,
      enabled: true,
      figures: () => ({ ...nothing, bytes }),
      now: () => time,
    })
    const seen = (seconds: number, each: () => void = () => undefined): string => {
      for (let second = 0; second < seconds; second += 1) {
        each()
        time += 1000
        vi.advanceTimersByTime(1000)
      }

      return (
        written.stderr
          .split('\u001b[?7l')
          .at(-1)
          ?.replace(/\u001b.*/s, '') ?? ''
      )
    }
    progress.phase('Projects', 1000)
    let number = 0
    expect(seen(10, () => progress.step(number === 3 ? 'failed' : 'done', `p${(number += 1)}`))).toBe(
      'Projects 10/1,000, 16 min 30 s left, 1 failed',
    )
    // From now on ten times as fast: after a minute nothing else counts.
    const fast = (): void => {
      bytes += 2e6
      for (let step = 0; step < 10; step += 1) progress.step('done', `p${(number += 1)}`)
    }
    expect(seen(61, fast)).toBe('Projects 620/1,000, 122 MB, 2.00 MB/s, 38 s left, 1 failed')
    for (; number < 1000; number += 1) progress.step('done', `p${number + 1}`)
    expect(seen(1)).toContain('Projects 1,000/1,000, ')
    progress.phase('Once more', 1)
    progress.step('done', 'p4')
    expect(seen(1)).toBe('Once more 1/1, 122 MB')
    progress.close()
  })
})

describe('whether there is progress', () => {
  const options = { progress: true, level: 'info', format: 'text' } as const
  it('follows the command line and the environment', () => {
    expect(wantsProgress(options, {})).toBe(true)
    expect(wantsProgress(options, { NO_COLOR: '', CI: '' })).toBe(true)
    expect(wantsProgress(options, { NO_COLOR: '1' })).toBe(false)
    expect(wantsProgress(options, { CI: 'true' })).toBe(false)
    expect(wantsProgress({ ...options, progress: false }, {})).toBe(false)
    expect(wantsProgress({ ...options, level: 'quiet' }, {})).toBe(false)
    expect(wantsProgress({ ...options, format: 'json' }, {})).toBe(false)
  })

  it('is silent where stderr is no terminal', async () => {
    const { log, written } = memoryLog()
    const progress = createProgress({ screen: log.screen, enabled: true, figures: () => nothing })
    progress.phase('Projects', 3)
    await new Promise((resolve) => setTimeout(resolve, 500))
    progress.close()
    expect(written.stderr).toBe('')
  })
})
