import { quoted, Refused } from './refused.js'
import { sameRepository } from './publisher.js'
import type { Publisher } from './types.js'

/**
 * What a signing certificate says of its holder. The numbers are extensions below 1.3.6.1.4.1.57264.1.
 * https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
 */
export interface Identity {
  /** 8 */
  readonly issuer: string | undefined
  /** 12: URL */
  readonly repository: string | undefined
  /** 13: commit */
  readonly digest: string | undefined
  /** 14: branch or tag; missing in some certificates */
  readonly ref: string | undefined
  /** 18: URL of the workflow, `@`, and the branch, tag or commit */
  readonly workflow: string | undefined
  /** the alternative name: an address for accounts */
  readonly subject: string | undefined
}

const FORGES = {
  github: { issuer: 'https://token.actions.githubusercontent.com', host: 'https://github.com/' },
  gitlab: { issuer: 'https://gitlab.com', host: 'https://gitlab.com/' },
} as const

const GOOGLE = 'https://accounts.google.com'

/**
 * Checks that the certificate was issued to the publisher that the document claims.
 * @throws Refused
 */
export function checkIdentity(identity: Identity, publisher: Publisher): void {
  if (publisher.kind === 'google') {
    checkIssuer(identity, GOOGLE)
    if (identity.subject !== publisher.email) {
      throw new Refused('account', `the certificate is for ${shown(identity.subject)}, not for ${publisher.email}`)
    }
    return
  }
  const { issuer, host } = FORGES[publisher.kind]
  checkIssuer(identity, issuer)
  const url = `${host}${publisher.repository}`
  if (identity.repository === undefined || !sameRepository(identity.repository, url)) {
    throw new Refused('repository', `the certificate is for ${shown(identity.repository)}, not for ${url}`)
  }
  checkWorkflow(identity, publisher)
}

function checkIssuer(identity: Identity, issuer: string): void {
  if (identity.issuer === issuer) return
  throw new Refused('issuer', `the certificate's identity comes from ${shown(identity.issuer)}, not from ${issuer}`)
}

/** Which branch or commit it was is not told by a publisher: the certificate's own is filled in. */
function checkWorkflow(identity: Identity, { kind, workflow }: Exclude<Publisher, { kind: 'google' }>): void {
  const { workflow: actual, repository = '', ref, digest } = identity
  const directory = kind === 'github' ? '/.github/workflows/' : '//'
  const start = `${repository}${directory}${workflow}@`
  const matches =
    actual !== undefined &&
    sameRepository(actual.slice(0, repository.length), repository) &&
    [ref, digest].some(
      (at) => at !== undefined && actual.slice(repository.length) === start.slice(repository.length) + at,
    )
  if (!matches) throw new Refused('workflow', `the certificate is for the workflow ${shown(actual)}, not ${workflow}`)
}

function shown(text: string | undefined): string {
  return text === undefined || text === '' ? 'nobody' : quoted(text)
}
