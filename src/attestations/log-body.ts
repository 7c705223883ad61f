import { field, isObject } from '../model/json.js'
import { Refused } from './refused.js'
import type { Attestation, LogEntry } from './types.js'

/**
 * Checks that the log recorded this certificate. The library compares the signature and the statement only.
 * https://github.com/sigstore/rekor/blob/main/pkg/types/dsse/v0.0.1/dsse_v0_0_1_schema.json
 * @throws Refused
 */
export function checkLoggedCertificate({ body }: LogEntry, { certificate }: Attestation): void {
  const verifier = loggedVerifier(body)
  if (typeof verifier !== 'string') throw new Refused('log-entry-mismatch', 'the log entry has no certificate')
  const pem = Buffer.from(verifier, 'base64').toString('latin1')
  const logged = pem.replace(/-----(?:BEGIN|END) CERTIFICATE-----|\s/g, '')
  if (logged === certificate) return
  throw new Refused('certificate-mismatch', 'the log entry is for another certificate')
}

function loggedVerifier(body: string): unknown {
  const document = parseBody(body)
  const spec = isObject(document) ? field(document, 'spec') : undefined
  const signatures = isObject(spec) ? field(spec, 'signatures') : undefined
  const all: readonly unknown[] = Array.isArray(signatures) ? signatures : []
  const [only] = all
  return all.length === 1 && isObject(only) ? field(only, 'verifier') : undefined
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(Buffer.from(body, 'base64').toString('utf8'))
  } catch (error) {
    throw new Refused('log-entry-malformed', 'the body of the log entry is not JSON', { cause: error })
  }
}
