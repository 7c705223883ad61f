import { runMirror } from '../mirror/mirror.js'
import type { MirrorOptions } from '../mirror/mirror.js'
import { summarized } from '../report/summary/summarized.js'
import { passOver } from './lock.js'
import type { LockOptions } from './lock.js'
import { withMirror } from './open.js'
import type { Overrides, Setting } from './open.js'

/** `bandersnatch mirror`. With `--quiet` it says only what is new since the run before. */
export async function mirrorCommand(
  setting: Setting,
  options: MirrorOptions & Overrides & Partial<LockOptions>,
): Promise<number> {
  const { log, output } = setting
  const digest = output.level === 'quiet'
  if (digest) log.withhold()
  const about = { command: 'mirror', log, summaryJson: output.summaryJson, digest }
  const opening = {
    command: 'mirror',
    writesDiff: true,
    creates: true,
    advisories: 'fetch' as const,
    waitSeconds: options.wait,
    overrides: options,
  }
  const onBusy = options.ifFree === true ? passOver(log) : undefined
  return withMirror(setting, { ...opening, onBusy }, (context) =>
    summarized(context, about, async () => {
      await runMirror(context, options)
      await context.diff.close()
    }),
  )
}
