import { describe, expect, it } from 'vitest'
import { displayWidth } from '../../src/report/width.js'
import { createProgress, progressLine, wantsProgress } from '../../src/report/progress.js'
import { memoryLog } from '../log/support.js'

const figures = {
  name: 'Projects',
  total: 886_000,
  done: 12_345,
  files: 45_678,
  bytes: 1.2e9,
  failed: 3,
  speed: { bytes: 3.4e6, steps: 121 },
}

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
    expect(
      progressLine({ name: 'Asking upstream', total: undefined, done: 0, files: 0, bytes: 0, failed: 0, speed }, 80),
    ).toBe('Asking upstream')
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
    const progress = createProgress({ screen: log.screen, enabled: true, figures: () => ({ files: 0, bytes: 0 }) })
    progress.phase('Projects', 3)
    await new Promise((resolve) => setTimeout(resolve, 500))
    progress.close()
    expect(written.stderr).toBe('')
  })
})
