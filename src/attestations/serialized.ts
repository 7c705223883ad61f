import type { SerializedBundle } from '@sigstore/bundle'
import type { Attestation, LogEntry } from './types.js'

/**
 * An attestation in the form that Sigstore's libraries read. It is made of the fields that were checked: nothing
 * else of the document reaches the libraries.
 * https://peps.python.org/pep-0740/#attestation-objects
 */
export function toSerializedBundle({ certificate, entries, statement, signature }: Attestation): SerializedBundle {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      publicKey: undefined,
      x509CertificateChain: undefined,
      certificate: { rawBytes: certificate },
      tlogEntries: entries.map(serializedEntry),
      timestampVerificationData: undefined,
    },
    messageSignature: undefined,
    dsseEnvelope: {
      payload: statement,
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: signature, keyid: '' }],
    },
  }
}

type SerializedEntry = NonNullable<SerializedBundle['verificationMaterial']>['tlogEntries'][number]

function serializedEntry({
  logIndex,
  logKeyId,
  integratedTime,
  signedEntryTimestamp,
  body,
  proof,
}: LogEntry): SerializedEntry {
  return {
    logIndex,
    logId: { keyId: logKeyId },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime,
    inclusionPromise: { signedEntryTimestamp },
    inclusionProof: {
      logIndex: proof.logIndex,
      rootHash: proof.rootHash,
      treeSize: proof.treeSize,
      hashes: [...proof.hashes],
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: body,
  }
}
