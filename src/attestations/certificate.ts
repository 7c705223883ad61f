import type { Signer } from '@sigstore/verify'
import type { Identity } from './identity.js'
import type { Sigstore } from './sigstore.js'

const FULCIO = '1.3.6.1.4.1.57264.1.'
const UTF8_STRING = 0x0c

/** The identity in a certificate that was verified. @throws whatever the ASN.1 reader throws */
export function identityOf({ core }: Pick<Sigstore, 'core'>, { identity }: Signer): Identity {
  const extensions = new Map((identity?.oids ?? []).map(({ oid, value }) => [oid?.id.join('.'), value] as const))
  const text = (number: number): string | undefined => {
    const value = extensions.get(`${FULCIO}${number}`)
    if (value === undefined) return undefined
    const parsed = core.ASN1Obj.parseBuffer(Buffer.from(value))
    return parsed.tag.number === UTF8_STRING ? parsed.value.toString('utf8') : undefined
  }
  return {
    issuer: text(8),
    repository: text(12),
    digest: text(13),
    ref: text(14),
    workflow: text(18),
    subject: identity?.subjectAlternativeName,
  }
}
