import { errorText } from '../errors.js'
import { Refused } from './refused.js'
import type { Reason } from './types.js'

/** Codes of the library's VerificationError. What it throws beside these are errors of any kind. */
const REASONS: ReadonlyMap<unknown, Reason> = new Map<unknown, Reason>([
  ['TIMESTAMP_ERROR', 'time-invalid'],
  ['CERTIFICATE_ERROR', 'certificate-untrusted'],
  ['TLOG_INCLUSION_PROMISE_ERROR', 'promise-invalid'],
  ['TLOG_INCLUSION_PROOF_ERROR', 'proof-invalid'],
  ['TLOG_BODY_ERROR', 'log-entry-mismatch'],
  ['SIGNATURE_ERROR', 'signature-invalid'],
])

/** Everything that the library throws about a document, as one refusal with its own reason. */
export function refusedBy(error: unknown): Refused {
  if (error instanceof Refused) return error
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined
  const text = errorText(error)
  const reason = finer(text) ?? REASONS.get(code) ?? 'unverifiable'
  return new Refused(reason, `the attestation does not verify: ${text}`, { cause: error })
}

/** One code stands for several failures. The message tells them apart. */
const FINER: readonly (readonly [RegExp, Reason])[] = [
  [/not valid or expired|^Failed to verify certificate chain$/, 'time-invalid'],
  [/\bSCTs?\b/, 'certificate-not-logged'],
  [/invalid checkpoint signature/, 'checkpoint-invalid'],
  [/payload hash mismatch/, 'statement-mismatch'],
  [/signature mismatch/, 'signature-mismatch'],
  [/invalid hash count|invalid index/, 'proof-index'],
]

function finer(text: string): Reason | undefined {
  return FINER.find(([pattern]) => pattern.test(text))?.[1]
}
