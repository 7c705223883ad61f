import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { bits, der, integer, octets, oid, sequence, set, TRUE, utcTime, utf8 } from './der.js'

/** What a certificate says of its holder: extensions below 1.3.6.1.4.1.57264.1 by number, and the alternative name. */
export interface Holder {
  readonly extensions: Readonly<Record<number, string>>
  readonly uri?: string
  readonly email?: string
}

export interface SignOptions {
  readonly holder: Holder
  /** the statement as it is signed */
  readonly statement: string
  /** seconds since the epoch that the log notes; the certificate is valid for ten minutes from `issued` */
  readonly time?: number
  readonly issued?: number
  /** without the certificate log's timestamp */
  readonly unlogged?: boolean
  /** base64: the certificate that the log records instead of the signer's */
  readonly recorded?: string
}

const ISSUED = Date.UTC(2026, 0, 5, 12) / 1000
const ECDSA = sequence(oid('1.2.840.10045.4.3.2'))
const NAME = sequence(set(sequence(oid('2.5.4.3'), utf8('A certificate authority of the tests'))))

interface Key {
  readonly privateKey: KeyObject
  readonly spki: Buffer
  readonly id: Buffer
}

function createKey(): Key {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  return { privateKey, spki, id: sha256(spki) }
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}

const signed = (data: Uint8Array, { privateKey }: Key): Buffer => sign('sha256', data, privateKey)

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [TRUE] : []), octets(value))
}

interface Certificate {
  readonly subject: Buffer
  readonly key: Key
  readonly extensions: readonly Buffer[]
  readonly from: number
  readonly until: number
}

function toBeSigned({ subject, key, extensions, from, until }: Certificate): Buffer {
  const validity = sequence(utcTime(from), utcTime(until))
  const version = der(0xa0, integer(2))
  return sequence(version, integer(7), ECDSA, NAME, validity, subject, key.spki, der(0xa3, sequence(...extensions)))
}

/** A transparency log's timestamp of a certificate: https://www.rfc-editor.org/rfc/rfc6962#section-3.2 */
function certificateTimestamp(tbs: Buffer, issuer: Key, log: Key): Buffer {
  const time = Buffer.alloc(8)
  time.writeBigUInt64BE(BigInt(ISSUED) * 1000n)
  const length = Buffer.from([tbs.length >> 16, (tbs.length >> 8) & 0xff, tbs.length & 0xff])
  const none = Buffer.from([0, 0])
  const signature = signed(
    Buffer.concat([Buffer.from([0, 0]), time, Buffer.from([0, 1]), sha256(issuer.spki), length, tbs, none]),
    log,
  )
  const timestamp = Buffer.concat([
    Buffer.from([0]),
    log.id,
    time,
    none,
    Buffer.from([4, 3]),
    size(signature),
    signature,
  ])
  const list = Buffer.concat([size(timestamp), timestamp])
  return extension('1.3.6.1.4.1.11129.2.4.2', octets(Buffer.concat([size(list), list])))
}

function size(bytes: Buffer): Buffer {
  return Buffer.from([bytes.length >> 8, bytes.length & 0xff])
}

/** A certificate authority and two logs, as Sigstore has them, made anew for a test file. */
export interface SigstoreInstance {
  /** the trusted root file */
  readonly root: string
  /** A valid attestation (PEP 740) as plain JSON; every part of it can be changed. */
  attest(options: SignOptions): AttestationJson
}

/** Enough of PEP 740 for tests to change single fields. */
export interface AttestationJson {
  version: unknown
  verification_material: { certificate: string; transparency_entries: LogEntryJson[] }
  envelope: { statement: string; signature: string }
}

export interface LogEntryJson {
  logIndex: unknown
  logId: { keyId: string }
  kindVersion: { kind: string; version: string }
  integratedTime: unknown
  inclusionPromise?: { signedEntryTimestamp: string }
  inclusionProof: {
    logIndex: unknown
    treeSize: unknown
    rootHash: string
    hashes: string[]
    checkpoint: { envelope: string }
  }
  canonicalizedBody: string
}

export function createSigstoreInstance(): SigstoreInstance {
  const authority = createKey()
  const log = createKey()
  const certificateLog = createKey()
  return {
    root: trustedRoot(authority, log, certificateLog),
    attest: ({ holder, statement, issued = ISSUED, time = issued + 60, unlogged = false, recorded }) => {
      const key = createKey()
      const leaf = { subject: sequence(), key, extensions: holderExtensions(holder), from: issued, until: issued + 600 }
      const timestamp = certificateTimestamp(toBeSigned(leaf), authority, certificateLog)
      const extensions = unlogged ? leaf.extensions : [...leaf.extensions, timestamp]
      const certificate = certified(toBeSigned({ ...leaf, extensions }), authority)
      const type = 'application/vnd.in-toto+json'
      const payload = Buffer.from(statement)
      const encoded = `DSSEv1 ${type.length} ${type} ${payload.length} ${statement}`
      const signature = signed(Buffer.from(encoded), key).toString('base64')
      const body = logBody(payload, signature, recorded ?? certificate.toString('base64'))
      return {
        version: 1,
        verification_material: {
          certificate: certificate.toString('base64'),
          transparency_entries: [logEntry(body, time, log)],
        },
        envelope: { statement: payload.toString('base64'), signature },
      }
    },
  }
}

function holderExtensions({ extensions, uri, email }: Holder): Buffer[] {
  const name = email === undefined ? der(0x86, Buffer.from(uri ?? 'urn:nobody')) : der(0x81, Buffer.from(email))
  const claims = Object.entries(extensions).map(([number, text]) =>
    extension(`1.3.6.1.4.1.57264.1.${number}`, utf8(text)),
  )
  return [extension('2.5.29.17', sequence(name), true), ...claims]
}

function certified(tbs: Buffer, issuer: Key): Buffer {
  return sequence(tbs, ECDSA, bits(signed(tbs, issuer)))
}

function logBody(payload: Buffer, signature: string, certificate: string): string {
  const lines = certificate.replace(/.{1,64}/g, '$&\n')
  const pem = `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`
  return JSON.stringify({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
      signatures: [{ signature, verifier: Buffer.from(pem).toString('base64') }],
    },
  })
}

/** The second of two leaves of a tree. */
function logEntry(text: string, time: number, log: Key): LogEntryJson {
  const body = Buffer.from(text).toString('base64')
  // Keys in the order of RFC 8785, as the log signs them.
  const promise = JSON.stringify({ body, integratedTime: time, logID: log.id.toString('hex'), logIndex: 1001 })
  const sibling = sha256(Buffer.from('the other leaf'))
  const rootHash = sha256(Buffer.from([1]), sibling, sha256(Buffer.from([0]), Buffer.from(text))).toString('base64')
  const note = `log.example - 1\n2\n${rootHash}\n`
  const line = Buffer.concat([log.id.subarray(0, 4), signed(Buffer.from(note), log)]).toString('base64')
  return {
    logIndex: '1001',
    logId: { keyId: log.id.toString('base64') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(time),
    inclusionPromise: { signedEntryTimestamp: signed(Buffer.from(promise), log).toString('base64') },
    inclusionProof: {
      logIndex: '1',
      treeSize: '2',
      rootHash,
      hashes: [sibling.toString('base64')],
      checkpoint: { envelope: `${note}\n\u2014 log.example ${line}\n` },
    },
    canonicalizedBody: body,
  }
}

function trustedRoot(authority: Key, log: Key, certificateLog: Key): string {
  const validFor = { start: '2025-01-01T00:00:00Z' }
  const asLog = ({ spki, id }: Key): unknown => ({
    baseUrl: 'https://log.example',
    hashAlgorithm: 'SHA2_256',
    publicKey: { rawBytes: spki.toString('base64'), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor },
    logId: { keyId: id.toString('base64') },
  })
  const isAuthority = extension('2.5.29.19', sequence(TRUE), true)
  const start = Date.UTC(2025, 0, 1) / 1000
  const certificate = { subject: NAME, key: authority, extensions: [isAuthority], from: start, until: start + 3e8 }
  const rawBytes = certified(toBeSigned(certificate), authority).toString('base64')
  return JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [asLog(log)],
    certificateAuthorities: [{ uri: 'https://ca.example', certChain: { certificates: [{ rawBytes }] }, validFor }],
    ctlogs: [asLog(certificateLog)],
  })
}
