import type { Reporter } from 'vitest/reporters'
import { untestedHere } from './lanes.js'

/** Names, in the last lines of a run, what was not tested because a program is missing. */
export default class UntestedReporter implements Reporter {
  onTestRunEnd(): void {
    const untested = untestedHere()
    if (untested.length === 0) return
    const lines = untested.map(
      ({ files, missing }) => `  ${files.replace(/(?<!\.ts)$/, '...')} needs ${missing.join(', ')}`,
    )
    console.log(
      [
        'Not tested, because something is not installed (scripts/test-servers.sh installs it on Debian):',
        ...lines,
      ].join('\n'),
    )
  }
}
