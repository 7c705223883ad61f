import { advisoriesAsText } from '../advisories/list.js'
import { counted } from '../count.js'
import { EXIT } from '../errors.js'
import { listBlocked } from '../mirror/advisories.js'
import type { AdvisoryChoice, AdvisoryList } from '../mirror/advisories.js'
import { minuteText } from '../report/times.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'

export interface AdvisoriesFlags extends AdvisoryChoice {
  readonly json: boolean
}

/** `bandersnatch advisories`: prints what advisories block, and why. Asks nobody, and changes nothing. */
export async function advisoriesCommand(setting: Setting, flags: AdvisoriesFlags): Promise<number> {
  const opening = { command: 'advisories', writesDiff: false, creates: false, readOnly: true }
  return withMirror(setting, opening, async (context) => {
    const list = await listBlocked(context, flags)
    if (flags.json) setting.print(JSON.stringify(list ?? null, null, 2))
    else setting.print(list === undefined ? DISABLED : listText(list))
    return EXIT.ok
  })
}

const DISABLED = 'Nothing is blocked by advisories: the filter osv_malware is not enabled, or [osv] database is not set'

function listText(list: AdvisoryList): string {
  const { source, readAt, counts } = list
  const known = counted(counts.advisories, 'advisory', 'advisories')
  return `${advisoriesAsText(list.advisories)}${known} of ${source}, read ${minuteText(readAt)}`
}
