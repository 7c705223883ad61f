import type { TrustMaterial, Verifier } from '@sigstore/verify'
import { errorText } from '../errors.js'
import { identityOf } from './certificate.js'
import type { Identity } from './identity.js'
import { checkIdentity } from './identity.js'
import { refusedBy } from './library-errors.js'
import { checkLoggedCertificate } from './log-body.js'
import { checkPolicy } from './policy.js'
import type { ExpectedPublisher } from './policy.js'
import { parseProvenance } from './provenance.js'
import { Refused, toRefusal } from './refused.js'
import type { Sigstore } from './sigstore.js'
import { loadSigstore } from './sigstore.js'
import { checkStatement } from './statement.js'
import type { TrustedRootFile } from './trusted-root.js'
import { parseTrustedRoot } from './trusted-root.js'
import { toSerializedBundle } from './serialized.js'
import type { Attestation, AttestationBundle, AttestedFile, Verdict } from './types.js'

/** Checks provenance objects (PEP 740) offline. Nothing that a document holds makes it throw. */
export interface AttestationVerifier {
  /**
   * Every attestation of the document must be valid, about this file, and by the publisher that its bundle names.
   * @param document the provenance object's bytes
   * @param expected publishers of which each bundle must name one; none: any publisher
   */
  verify(document: Uint8Array, file: AttestedFile, expected?: readonly ExpectedPublisher[]): Verdict
}

/** @throws ConfigError where the libraries are missing or the root cannot be read */
export async function createAttestationVerifier(root: TrustedRootFile): Promise<AttestationVerifier> {
  const sigstore = await loadSigstore()
  const trust = parseTrustedRoot(sigstore, root)
  const engine: Engine = { sigstore, trust, verifier: new sigstore.verify.Verifier(trust) }
  return {
    verify: (document, file, expected = []) => {
      try {
        return verifyDocument(engine, document, { file, expected })
      } catch (error) {
        return toRefusal(error instanceof Refused ? error : unexpected(error))
      }
    },
  }
}

interface Engine {
  readonly sigstore: Sigstore
  readonly trust: TrustMaterial
  readonly verifier: Verifier
}

interface Demands {
  readonly file: AttestedFile
  readonly expected: readonly ExpectedPublisher[]
}

/** @throws Refused */
function verifyDocument(engine: Engine, document: Uint8Array, { file, expected }: Demands): Verdict {
  const { bundles } = parseProvenance(document)
  // What costs little comes first.
  const predicates = bundles.flatMap(({ attestations }) =>
    attestations.map(({ statement }) => checkStatement(statement, file)),
  )
  for (const { publisher } of bundles) checkPolicy(publisher, expected)
  for (const bundle of bundles) verifyBundle(engine, bundle)
  return { kind: 'verified', publishers: bundles.map(({ publisher }) => publisher), predicates }
}

function verifyBundle(engine: Engine, { publisher, attestations }: AttestationBundle): void {
  for (const attestation of attestations) checkIdentity(verifySignature(engine, attestation), publisher)
}

/** Certificate, time, log and signature of one attestation. @returns whom it is by @throws Refused */
function verifySignature({ sigstore, trust, verifier }: Engine, attestation: Attestation): Identity {
  for (const { logKeyId } of attestation.entries) {
    const keyId = Buffer.from(logKeyId, 'base64')
    if (!trust.tlogs.some(({ logID }) => logID.equals(keyId))) {
      throw new Refused('log-unknown', 'the trusted root does not know the log of the entry')
    }
  }
  parseCertificate(sigstore, attestation)
  try {
    const entity = sigstore.verify.toSignedEntity(sigstore.bundle.bundleFromJSON(toSerializedBundle(attestation)))
    const identity = identityOf(sigstore, verifier.verify(entity))
    for (const entry of attestation.entries) checkLoggedCertificate(entry, attestation)
    return identity
  } catch (error) {
    throw refusedBy(error)
  }
}

function parseCertificate({ core }: Sigstore, { certificate }: Attestation): void {
  try {
    core.X509Certificate.parse(Buffer.from(certificate, 'base64'))
  } catch (error) {
    throw new Refused('certificate-malformed', `the certificate cannot be read: ${errorText(error)}`, { cause: error })
  }
}

/** A document deep or odd enough to break a reader is a bad document, and no reason to end the run. */
function unexpected(error: unknown): Refused {
  return new Refused('unverifiable', `the document cannot be checked: ${errorText(error)}`, { cause: error })
}
