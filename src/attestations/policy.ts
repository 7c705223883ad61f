import { formatPublisher, isEmail, isRepository, isWorkflow, sameRepository } from './publisher.js'
import { Refused } from './refused.js'
import type { Publisher, Verdict } from './types.js'
import { isValidName, normalizeName } from '../packaging/name.js'

/** A publisher that the administrator trusts with a project; without a workflow any of the repository will do. */
export type ExpectedPublisher =
  | { readonly kind: 'github' | 'gitlab'; readonly repository: string; readonly workflow: string | undefined }
  | { readonly kind: 'google'; readonly email: string }

/** What is expected of a project's files: one of these publishers, or (`none`) no attestation. */
export type Expectation = 'none' | readonly ExpectedPublisher[]

/** The lines of `[attestations] publishers` by normalized project name. */
export type PublisherPolicy = ReadonlyMap<string, Expectation>

/**
 * Reads lines such as `requests = github psf/requests`, `sampleproject = github pypa/sampleproject release.yml`,
 * `some-sdk = google robot@example.com` and `boto3 = none`. Several lines for a project allow several publishers.
 * @param fail makes the error for a line that cannot be read
 * @throws what `fail` makes
 */
export function parsePublisherPolicy(
  lines: readonly string[],
  fail: (line: string, problem: string) => Error,
): PublisherPolicy {
  const policy = new Map<string, Expectation>()
  for (const line of lines.map((each) => each.trim()).filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, project = '', words = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? []
    if (!isValidName(project)) throw fail(line, 'it must begin with the name of a project and "="')
    const expected = parseExpected(words.split(/\s+/))
    if (expected === undefined) {
      throw fail(
        line,
        'after "=" it needs none, github OWNER/REPOSITORY [WORKFLOW], gitlab GROUP/PROJECT [PATH] or google ADDRESS',
      )
    }
    const name = normalizeName(project)
    const known = policy.get(name)
    if (known !== undefined && (known === 'none' || expected === 'none')) {
      throw fail(line, `another line on ${name} contradicts it`)
    }
    policy.set(name, expected === 'none' ? 'none' : [...(known ?? []), expected])
  }
  return policy
}

function parseExpected([kind, subject = '', workflow, ...rest]: readonly string[]):
  ExpectedPublisher | 'none' | undefined {
  if (rest.length > 0) return undefined
  if (kind === 'none') return subject === '' ? 'none' : undefined
  if (kind === 'google') return isEmail(subject) && workflow === undefined ? { kind, email: subject } : undefined
  if (kind !== 'github' && kind !== 'gitlab') return undefined
  if (!isRepository(kind, subject) || (workflow !== undefined && !isWorkflow(kind, workflow))) return undefined
  return { kind, repository: subject, workflow }
}

/** @param expected none: every publisher will do @throws Refused */
export function checkPolicy(publisher: Publisher, expected: readonly ExpectedPublisher[]): void {
  if (expected.length === 0 || expected.some((one) => admits(one, publisher))) return
  const wanted = expected.map(formatExpected).join(' or ')
  throw new Refused('policy', `the publisher is ${formatPublisher(publisher)}; the configuration expects ${wanted}`)
}

function admits(expected: ExpectedPublisher, publisher: Publisher): boolean {
  if (expected.kind === 'google') return publisher.kind === 'google' && publisher.email === expected.email
  if (publisher.kind !== expected.kind) return false
  const { repository, workflow = publisher.workflow } = expected
  return sameRepository(repository, publisher.repository) && workflow === publisher.workflow
}

function formatExpected(expected: ExpectedPublisher): string {
  if (expected.kind === 'google') return `google ${expected.email}`
  return [expected.kind, expected.repository, expected.workflow].filter((part) => part !== undefined).join(' ')
}

/** `[attestations] check` */
export type CheckMode = 'off' | 'warn' | 'require'

/** What becomes of a file: mirrored, mirrored with a warning, or refused. */
export interface Judgement {
  readonly action: 'mirror' | 'warn' | 'refuse'
  /** one line; empty for `mirror` */
  readonly problem: string
}

const MIRROR: Judgement = { action: 'mirror', problem: '' }

/**
 * What `check` makes of a verdict. A file of a project with publishers needs a valid attestation in every mode but
 * `off`. Elsewhere `warn` tells of invalid attestations, and `require` refuses those and files without one.
 * @param verdict undefined: the index has no provenance object for the file
 * @param expectation of the file's project; undefined: no line names it
 */
export function judge(mode: CheckMode, verdict: Verdict | undefined, expectation: Expectation | undefined): Judgement {
  if (mode === 'off' || verdict?.kind === 'verified') return MIRROR
  const isListed = expectation !== undefined && expectation !== 'none'
  if (verdict !== undefined) {
    return {
      action: isListed || mode === 'require' ? 'refuse' : 'warn',
      problem: `${verdict.reason}: ${verdict.detail}`,
    }
  }
  const isNeeded = isListed || (mode === 'require' && expectation !== 'none')
  return isNeeded ? { action: 'refuse', problem: 'the index has no attestation of the file' } : MIRROR
}
