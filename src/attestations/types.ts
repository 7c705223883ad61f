/** Who published a file: the identity that the index recorded and that the signing certificate must name. */
export type Publisher =
  | { readonly kind: 'github'; readonly repository: string; readonly workflow: string }
  | { readonly kind: 'gitlab'; readonly repository: string; readonly workflow: string }
  | { readonly kind: 'google'; readonly email: string }

/** A log entry of an attestation, checked in shape only. Numbers are decimal texts, as protobuf's JSON has them. */
export interface LogEntry {
  readonly logIndex: string
  /** base64, as all bytes here */
  readonly logKeyId: string
  /** seconds since the epoch */
  readonly integratedTime: string
  readonly signedEntryTimestamp: string
  readonly body: string
  readonly proof: {
    readonly logIndex: string
    readonly treeSize: string
    readonly rootHash: string
    readonly hashes: readonly string[]
    /** the signed note */
    readonly checkpoint: string
  }
}

/** One attestation (PEP 740): a signed statement about one file. Bytes are canonical base64. */
export interface Attestation {
  readonly certificate: string
  readonly entries: readonly LogEntry[]
  readonly statement: string
  readonly signature: string
}

/** The attestations of one publisher. */
export interface AttestationBundle {
  readonly publisher: Publisher
  readonly attestations: readonly Attestation[]
}

/** A provenance object (PEP 740), parsed but not verified. */
export interface Provenance {
  readonly bundles: readonly AttestationBundle[]
}

/** Every reason for which a provenance object is refused. */
export type Reason =
  // the document
  | 'too-large'
  | 'not-json'
  | 'malformed'
  | 'version'
  | 'no-bundles'
  | 'too-many-bundles'
  | 'no-attestations'
  | 'too-many-attestations'
  | 'publisher-missing'
  | 'publisher-unknown'
  | 'publisher-malformed'
  | 'certificate-missing'
  | 'signature-missing'
  | 'log-entry-missing'
  | 'too-many-log-entries'
  | 'log-entry-malformed'
  | 'log-entry-kind'
  | 'promise-missing'
  | 'proof-missing'
  | 'proof-inconsistent'
  | 'checkpoint-malformed'
  // the statement
  | 'statement-malformed'
  | 'statement-type'
  | 'predicate-type'
  | 'subject-count'
  | 'subject-name'
  | 'subject-digest'
  // the cryptography
  | 'certificate-malformed'
  | 'certificate-untrusted'
  | 'certificate-not-logged'
  | 'certificate-mismatch'
  | 'time-missing'
  | 'time-invalid'
  | 'log-unknown'
  | 'promise-invalid'
  | 'proof-invalid'
  | 'checkpoint-invalid'
  | 'proof-index'
  | 'log-entry-mismatch'
  | 'statement-mismatch'
  | 'signature-mismatch'
  | 'signature-invalid'
  | 'unverifiable'
  // the identity
  | 'issuer'
  | 'repository'
  | 'workflow'
  | 'account'
  | 'policy'

/** Why a provenance object does not count. `detail` is one line for people. */
export interface Refusal {
  readonly kind: 'refused'
  readonly reason: Reason
  readonly detail: string
}

/** What was proved of a file. */
export interface Verified {
  readonly kind: 'verified'
  /** the publisher of each bundle, in the document's order */
  readonly publishers: readonly Publisher[]
  /** predicate types of the statements, in the document's order */
  readonly predicates: readonly string[]
}

export type Verdict = Verified | Refusal

/** The file that a provenance object must be about. */
export interface AttestedFile {
  readonly filename: string
  /** lower-case hex */
  readonly sha256: string
}
