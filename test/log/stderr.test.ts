import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bench } from '../commands/support.js'

const PROGRAM = join(import.meta.dirname, '..', '..', 'bin', 'bandersnatch.js')

describe('the program with a stderr that takes nothing', () => {
  // an option that there is not, so that there is something to warn of
  const { setting } = bench('http://127.0.0.1:1', 'colour = blue\n')
  const run = (redirection: string): ReturnType<typeof spawnSync> =>
    spawnSync(
      'bash',
      ['-c', `'${process.execPath}' '${PROGRAM}' -c '${setting.configPath}' check-config --offline ${redirection}`],
      { encoding: 'utf8' },
    )

  it.each([
    ['closed', '2>&-'],
    ['full', '2>/dev/full'],
    ['gone', '2> >(exec true)'],
  ])('%s', (_, redirection) => {
    const { status, stdout } = run(redirection)
    expect(stdout).toContain('A run can begin')
    expect(status).toBe(0)
  })

  it('would have had something to say', () => {
    expect(run('').stderr).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING: .*colour/)
  })
})
