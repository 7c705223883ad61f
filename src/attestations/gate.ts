import { createHash } from 'node:crypto'
import { NO_PUBLISHERS, publisherWarningText, remember } from './memory.js'
import type { PublisherMemory, Remembered } from './memory.js'
import { judge } from './policy.js'
import type { CheckMode, Expectation, PublisherPolicy } from './policy.js'
import { formatPublisher } from './publisher.js'
import type { Publisher, Verdict } from './types.js'
import type { AttestationVerifier } from './verifier.js'

/** A release file that is about to be mirrored. */
export interface Candidate {
  /** normalized name of its project */
  readonly project: string
  readonly filename: string
  /** lower-case hex; undefined where the index gives none */
  readonly sha256: string | undefined
  /** milliseconds since the epoch */
  readonly uploaded: number
  /** its provenance object; undefined: the index has none */
  readonly document: Uint8Array | undefined
}

export interface Decision {
  readonly action: 'mirror' | 'refuse'
  /** why it is refused, or what the administrator should know, to follow its name; undefined where nothing is odd */
  readonly problem: string | undefined
  /** the same object where nothing new was learnt */
  readonly memory: PublisherMemory
}

/** Decides by attestations which files are mirrored: what `[attestations]` says, put together. */
export interface Gate {
  /** Whether a file of the project must not be mirrored while its attestations cannot be had. */
  needsAttestations(project: string): boolean
  decide(candidate: Candidate, memory: PublisherMemory | undefined): Promise<Decision>
  /** what decides for every project: equal texts decide alike */
  readonly settings: string
  /** by normalized name: what decides for single projects beside */
  readonly projects: ReadonlyMap<string, string>
}

export interface GateOptions {
  readonly check: Exclude<CheckMode, 'off'>
  readonly onChange: 'warn' | 'refuse'
  readonly policy: PublisherPolicy
  /** the text of the trusted root */
  readonly root: string
  /** loads Sigstore's libraries when the first attestation is to be checked */
  readonly verifier: () => Promise<AttestationVerifier>
}

export function createGate({ check, onChange, policy, root, verifier }: GateOptions): Gate {
  const isListed = (expectation: Expectation | undefined): expectation is Exclude<Expectation, 'none'> =>
    expectation !== undefined && expectation !== 'none'

  async function verdictOn({ project, document, filename, sha256 }: Candidate): Promise<Verdict | undefined> {
    if (document === undefined) return undefined
    if (sha256 === undefined) {
      const detail = 'the index gives no SHA-256 digest of the file'
      return { kind: 'refused', reason: 'subject-digest', detail }
    }
    const expected = policy.get(project)
    return (await verifier()).verify(document, { filename, sha256 }, isListed(expected) ? expected : [])
  }

  async function decide(candidate: Candidate, before: PublisherMemory = NO_PUBLISHERS): Promise<Decision> {
    const expectation = policy.get(candidate.project)
    const verdict = await verdictOn(candidate)
    const judgement = judge(check, verdict, expectation)
    if (judgement.action === 'refuse') return { ...judgement, action: 'refuse', memory: before }
    const publishers = verdict?.kind === 'verified' ? verdict.publishers : []
    // Who says that a project has no attestations is not told that it has none.
    if (publishers.length === 0 && expectation === 'none')
      return { action: 'mirror', problem: undefined, memory: before }
    const seen = remembered(before, candidate, { publishers, expected: isListed(expectation), onChange })
    const told = seen.warning === undefined ? undefined : publisherWarningText(seen.warning)
    const problems = [judgement.problem, told ?? ''].filter((text) => text !== '')
    const problem = problems.length === 0 ? undefined : problems.join('; ')
    return { action: seen.refuse ? 'refuse' : 'mirror', problem, memory: seen.memory }
  }

  return {
    needsAttestations(project) {
      const expectation = policy.get(project)
      return isListed(expectation) || (check === 'require' && expectation !== 'none')
    },
    decide,
    settings: JSON.stringify([check, onChange, createHash('sha256').update(root).digest('hex')]),
    projects: new Map([...policy].map(([project, expectation]) => [project, JSON.stringify(expectation)])),
  }
}

interface Showing {
  readonly publishers: readonly Publisher[]
  readonly expected: boolean
  readonly onChange: 'warn' | 'refuse'
}

/** Each bundle of a file may be by another publisher. One that must not be there is enough to refuse it. */
function remembered(memory: PublisherMemory, candidate: Candidate, showing: Showing): Remembered {
  const { publishers, expected, onChange } = showing
  const { filename, uploaded } = candidate
  const distinct = [...new Map(publishers.map((one) => [formatPublisher(one), one])).values()]
  let result: Remembered = { memory, warning: undefined, refuse: false }
  for (const publisher of distinct.length === 0 ? [undefined] : distinct) {
    const next = remember(result.memory, { filename, uploaded, publisher, expected }, onChange)
    if (next.refuse) return { ...next, memory }
    result = { ...next, warning: result.warning ?? next.warning }
  }
  return result
}
