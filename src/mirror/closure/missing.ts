import type { Closure, Edge, Missing } from '../../closure/types.js'
import { countText } from '../../count.js'
import type { MemberFacts } from './facts.js'
import type { UpstreamOracle } from './oracle.js'
import { placeText } from './roots.js'
import type { ClosureSetup, MissingLine } from './types.js'

export interface MissingInput {
  readonly closure: Closure
  readonly setup: ClosureSetup
  readonly facts: ReadonlyMap<string, MemberFacts>
  readonly upstream: Pick<UpstreamOracle, 'dropped' | 'failures'>
}

const REASONS: Readonly<Record<Missing['reason'], string>> = {
  'no-project': 'upstream has no such project',
  'no-version': 'upstream has no version that meets it',
  'no-file': 'upstream has no file that can be installed of a version that meets it',
}

/** What is needed and missing, with who needs it and for which environments. What could not be asked is not missing. */
export function missingLines({ closure, setup, facts, upstream }: MissingInput): MissingLine[] {
  const groups = new Map<string, { readonly missing: Missing; others: number }>()
  for (const missing of closure.missing) {
    const { edge, reason } = missing
    if (upstream.failures.has(edge.to)) continue
    // One line for all releases of a project that need the same.
    const key = JSON.stringify([edge.to, edge.from.name, edge.line, reason])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { missing, others: 0 })
    else group.others += 1
  }
  const lines = [...groups.values()].map(({ missing: { edge, reason }, others }): MissingLine => {
    const why = upstream.dropped.get(edge.to) ?? REASONS[reason]
    return { project: edge.to, reason: `${why}; ${requirerText(edge, others)}` }
  })
  return [...lines, ...lockedLines(setup, facts)]
}

/** `requests 2.32.3 (and 2 more releases) needs idna<4,>=2.5 for linux, win` */
function requirerText({ from, line, environments }: Edge, others: number): string {
  const more = others === 0 ? '' : ` (and ${countText(others)} more ${others === 1 ? 'release' : 'releases'})`
  const who = from.version === undefined ? from.name : `${from.name} ${from.version}`
  return `${who}${more} needs ${line} for ${environments.join(', ')}`
}

/** What lock files name and upstream has not, or has with other content: such a file is not mirrored. */
function lockedLines({ locked }: ClosureSetup, facts: ReadonlyMap<string, MemberFacts>): MissingLine[] {
  return [...locked].flatMap(([project, pinned]) => {
    const [first] = pinned
    const where = first === undefined ? '' : placeText(first.place)
    const own = facts.get(project)
    if (own?.releases === null) return [{ project, reason: `${REASONS['no-project']}; ${where} names it` }]
    return (own?.locked?.problems ?? []).map(({ filename, detail }) => ({
      project,
      reason: `${filename ?? 'a file'}: ${detail}; ${where} names it`,
    }))
  })
}
