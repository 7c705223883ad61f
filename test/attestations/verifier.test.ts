import { describe, expect, it } from 'vitest'
import { shippedRoot } from '../../src/attestations/trusted-root.js'
import type { Reason, Verdict } from '../../src/attestations/types.js'
import type { AttestationVerifier } from '../../src/attestations/verifier.js'
import { createAttestationVerifier } from '../../src/attestations/verifier.js'
import { ConfigError } from '../../src/errors.js'
import type { AttestationJson, LogEntryJson } from './sigstore-instance.js'
import { createSigstoreInstance } from './sigstore-instance.js'
import { bundle, FILE, GITHUB, github, gitlab, google, provenance, statement } from './support.js'

const instance = createSigstoreInstance()
const verifier: AttestationVerifier = await createAttestationVerifier({ name: 'the root', text: instance.root })
const HOLDER = github('some/project', 'release.yml')
const original = instance.attest({ holder: HOLDER, statement: statement() })
const foreign = instance.attest({ holder: HOLDER, statement: statement() })

const copy = (): AttestationJson => structuredClone(original)
const verify = (...attestations: readonly AttestationJson[]): Verdict =>
  verifier.verify(provenance(bundle(GITHUB, ...attestations)), FILE)
const reasonOf = (verdict: Verdict): string => (verdict.kind === 'refused' ? verdict.reason : 'ok')

function entryOf({ verification_material: { transparency_entries } }: AttestationJson): LogEntryJson {
  const [entry] = transparency_entries
  if (entry === undefined) throw new Error('no log entry')
  return entry
}

function flipped(base64: string, byte: number): string {
  const bytes = Buffer.from(base64, 'base64')
  const index = byte < 0 ? bytes.length + byte : byte
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index)
  return bytes.toString('base64')
}

describe('an attestation that is in order', () => {
  it('is verified, with its publisher and predicate', () => {
    expect(verify(original)).toEqual({
      kind: 'verified',
      publishers: [{ kind: 'github', repository: 'some/project', workflow: 'release.yml' }],
      predicates: ['https://docs.pypi.org/attestations/publish/v1'],
    })
  })

  it('is verified beside a second one', () => {
    const slsa = statement({ predicateType: 'https://slsa.dev/provenance/v1', predicate: { buildDefinition: {} } })
    expect(reasonOf(verify(original, instance.attest({ holder: HOLDER, statement: slsa })))).toBe('ok')
  })

  const holders: readonly (readonly [string, unknown, Parameters<typeof instance.attest>[0]['holder']])[] = [
    ['GitLab', { kind: 'GitLab', repository: 'a/b/c', workflow_filepath: 'ci/x.yml' }, gitlab('a/b/c', 'ci/x.yml')],
    ['Google', { kind: 'Google', email: 'robot@example.com' }, google('robot@example.com')],
    ['a publisher with an environment', { ...GITHUB, environment: 'pypi', claims: null }, HOLDER],
    ['a repository in other letter case', { ...GITHUB, repository: 'Some/Project' }, HOLDER],
    [
      'a certificate that names the commit instead of the tag',
      GITHUB,
      github('some/project', 'release.yml', {
        18: 'https://github.com/some/project/.github/workflows/release.yml@0123456789abcdef0123456789abcdef01234567',
      }),
    ],
  ]
  it.each(holders)('is verified for %s', (_, publisher, holder) => {
    const attestation = instance.attest({ holder, statement: statement() })
    expect(reasonOf(verifier.verify(provenance(bundle(publisher, attestation)), FILE))).toBe('ok')
  })

  it('is verified for a certificate without a branch or tag', () => {
    const { 14: ref, ...extensions } = HOLDER.extensions
    expect(ref).toBeDefined()
    const uri = 'https://github.com/some/project/.github/workflows/release.yml@0123456789abcdef0123456789abcdef01234567'
    const holder = { ...HOLDER, extensions: { ...extensions, 18: uri } }
    expect(reasonOf(verify(instance.attest({ holder, statement: statement() })))).toBe('ok')
  })
})

describe('a changed attestation is refused with the reason', () => {
  const changes: readonly (readonly [Reason, string, (attestation: AttestationJson) => void])[] = [
    ['version', 'version', (a) => (a.version = '1')],
    ['signature-mismatch', 'signature', (a) => (a.envelope.signature = flipped(a.envelope.signature, 20))],
    ['signature-missing', 'signature with a foreign character', (a) => (a.envelope.signature += '!')],
    [
      'statement-mismatch',
      'another predicate',
      (a) => (a.envelope.statement = Buffer.from(statement({ predicate: {} })).toString('base64')),
    ],
    [
      'certificate-untrusted',
      'a bit of the certificate',
      (a) => (a.verification_material.certificate = flipped(a.verification_material.certificate, -1)),
    ],
    [
      'certificate-malformed',
      'half a certificate',
      (a) => (a.verification_material.certificate = a.verification_material.certificate.slice(0, 400)),
    ],
    [
      'signature-invalid',
      "another signer's certificate, envelope and log entry mixed",
      (a) => {
        a.verification_material.certificate = foreign.verification_material.certificate
      },
    ],
    ['log-entry-missing', 'no log entry', (a) => (a.verification_material.transparency_entries = [])],
    [
      'too-many-log-entries',
      'ten log entries',
      (a) => (a.verification_material.transparency_entries = Array.from({ length: 10 }, () => entryOf(a))),
    ],
    ['time-invalid', 'a log entry twice', (a) => a.verification_material.transparency_entries.push(entryOf(a))],
    [
      'signature-mismatch',
      'the log entry of another attestation',
      (a) => (a.verification_material.transparency_entries = foreign.verification_material.transparency_entries),
    ],
  ]
  it.each(changes)('%s: %s', (reason, _, change) => {
    const attestation = copy()
    change(attestation)
    expect(reasonOf(verify(attestation))).toBe(reason)
  })

  const entryChanges: readonly (readonly [Reason, string, (entry: LogEntryJson) => void])[] = [
    ['log-entry-malformed', 'log index', (e) => (e.logIndex = '1e3')],
    ['promise-invalid', 'log index', (e) => (e.logIndex = 5)],
    ['log-unknown', 'log', (e) => (e.logId.keyId = flipped(e.logId.keyId, 0))],
    ['log-entry-kind', 'kind', (e) => (e.kindVersion.kind = 'intoto')],
    ['log-entry-kind', 'kind version', (e) => (e.kindVersion.version = '0.0.2')],
    ['time-missing', 'time zero', (e) => (e.integratedTime = '0')],
    ['time-missing', 'no number as time', (e) => (e.integratedTime = 'soon')],
    ['time-invalid', 'a time before the certificate', (e) => (e.integratedTime = '1700000000')],
    ['promise-missing', 'no promise', (e) => delete e.inclusionPromise],
    ['promise-invalid', 'a byte of the body', (e) => (e.canonicalizedBody = flipped(e.canonicalizedBody, -1))],
    ['proof-invalid', 'hash', (e) => (e.inclusionProof.hashes = [flipped(e.inclusionProof.hashes[0] ?? '', 0)])],
    ['proof-index', 'hash count', (e) => (e.inclusionProof.hashes = [])],
    ['proof-index', 'index outside the tree', (e) => (e.inclusionProof.logIndex = '2')],
    ['proof-invalid', 'index of the sibling', (e) => (e.inclusionProof.logIndex = '0')],
    ['proof-inconsistent', 'tree size', (e) => (e.inclusionProof.treeSize = '3')],
    ['proof-inconsistent', 'root hash', (e) => (e.inclusionProof.rootHash = flipped(e.inclusionProof.rootHash, 0))],
    ['log-entry-malformed', '100 hashes', (e) => (e.inclusionProof.hashes = Array<string>(100).fill('AAAA'))],
    ['checkpoint-malformed', 'empty checkpoint', (e) => (e.inclusionProof.checkpoint.envelope = '')],
    [
      'checkpoint-malformed',
      'a name of a log that is a regular expression',
      (e) => (e.inclusionProof.checkpoint.envelope += '\u2014 (.+)+$ AAAAAAAAAAAAAAAA\n'),
    ],
    [
      'checkpoint-invalid',
      'the name of another log',
      (e) => {
        const { checkpoint } = e.inclusionProof
        checkpoint.envelope = checkpoint.envelope.replace('\u2014 log.example', '\u2014 other.example')
      },
    ],
  ]
  it.each(entryChanges)('%s: %s', (reason, _, change) => {
    const attestation = copy()
    change(entryOf(attestation))
    expect(reasonOf(verify(attestation))).toBe(reason)
  })
})

describe('an attestation that was signed as it stands is refused with the reason', () => {
  const subject = { name: FILE.filename, digest: { sha256: FILE.sha256 } }
  const statements: readonly (readonly [Reason, string, Readonly<Record<string, unknown>>])[] = [
    ['statement-type', 'a statement of version 0.1', { _type: 'https://in-toto.io/Statement/v0.1' }],
    ['predicate-type', 'unknown predicate', { predicateType: 'https://example.com/x' }],
    ['predicate-type', 'no predicate', { predicateType: null }],
    ['subject-count', 'no subject', { subject: [] }],
    ['subject-count', 'two subjects', { subject: [subject, { ...subject, name: 'other-1.0.tar.gz' }] }],
    ['statement-malformed', 'subjects as an object', { subject }],
    ['subject-name', 'another project', { subject: [{ ...subject, name: 'other-1.0.tar.gz' }] }],
    ['subject-name', 'another kind of archive', { subject: [{ ...subject, name: 'some_project-1.0.zip' }] }],
    ['subject-name', 'no name', { subject: [{ digest: subject.digest }] }],
    ['subject-digest', 'another digest', { subject: [{ ...subject, digest: { sha256: 'cd'.repeat(32) } }] }],
    ['subject-digest', 'another algorithm', { subject: [{ ...subject, digest: { sha512: 'ab'.repeat(64) } }] }],
  ]
  it.each(statements)('%s: %s', (reason, _, changes) => {
    expect(reasonOf(verify(instance.attest({ holder: HOLDER, statement: statement(changes) })))).toBe(reason)
  })

  it.each([
    ['statement-malformed', 'null'],
    ['statement-malformed', '{'],
  ])('%s: the statement %s', (reason, text) => {
    expect(reasonOf(verify(instance.attest({ holder: HOLDER, statement: text })))).toBe(reason)
  })

  const holders: readonly (readonly [Reason, string, Parameters<typeof instance.attest>[0]['holder']])[] = [
    ['repository', 'another repository', github('evil/project', 'release.yml')],
    ['repository', 'a repository that begins alike', github('some/project2', 'release.yml')],
    ['workflow', 'another workflow', github('some/project', 'other.yml')],
    [
      'workflow',
      'a reusable workflow of another repository',
      github('some/project', 'release.yml', {
        18: 'https://github.com/evil/x/.github/workflows/release.yml@refs/tags/1.0',
      }),
    ],
    ['workflow', 'another branch than its own', github('some/project', 'release.yml', { 14: 'refs/heads/x' })],
    ['issuer', 'another issuer', github('some/project', 'release.yml', { 8: 'https://token.example.com' })],
    ['issuer', 'an account at Google', google('robot@example.com')],
  ]
  it.each(holders)('%s: %s', (reason, _, holder) => {
    expect(reasonOf(verify(instance.attest({ holder, statement: statement() })))).toBe(reason)
  })

  it('account: another account', () => {
    const attestation = instance.attest({ holder: google('evil@example.com'), statement: statement() })
    const document = provenance(bundle({ kind: 'Google', email: 'robot@example.com' }, attestation))
    expect(reasonOf(verifier.verify(document, FILE))).toBe('account')
  })

  it('time-invalid: signed after the certificate had expired', () => {
    const attestation = instance.attest({ holder: HOLDER, statement: statement(), time: 1_800_000_000 })
    expect(reasonOf(verify(attestation))).toBe('time-invalid')
  })

  it('certificate-not-logged: a certificate that no log has', () => {
    expect(reasonOf(verify(instance.attest({ holder: HOLDER, statement: statement(), unlogged: true })))).toBe(
      'certificate-not-logged',
    )
  })

  it('certificate-mismatch: the log recorded another certificate', () => {
    const recorded = foreign.verification_material.certificate
    const attestation = instance.attest({ holder: HOLDER, statement: statement(), recorded })
    expect(reasonOf(verify(attestation))).toBe('certificate-mismatch')
  })

  it('log-unknown: by another Sigstore', () => {
    const other = createSigstoreInstance().attest({ holder: HOLDER, statement: statement() })
    expect(reasonOf(verify(other))).toBe('log-unknown')
  })
})

describe('several bundles', () => {
  it('count only when each verifies', () => {
    const bad = bundle({ ...GITHUB, repository: 'evil/project' }, original)
    expect(reasonOf(verifier.verify(provenance(bundle(GITHUB, original), bad), FILE))).toBe('repository')
  })

  it('must all be by an expected publisher', () => {
    const second = instance.attest({ holder: google('robot@example.com'), statement: statement() })
    const document = provenance(
      bundle(GITHUB, original),
      bundle({ kind: 'Google', email: 'robot@example.com' }, second),
    )
    const project = { kind: 'github', repository: 'some/project', workflow: undefined } as const
    expect(reasonOf(verifier.verify(document, FILE, [project]))).toBe('policy')
    const robot = { kind: 'google', email: 'robot@example.com' } as const
    expect(reasonOf(verifier.verify(document, FILE, [project, robot]))).toBe('ok')
  })
})

describe('the name of the file', () => {
  it.each(['some-project-1.0.tar.gz', 'Some.Project-1.0.tar.gz'])('%s is the same as parsed', (filename) => {
    expect(reasonOf(verifier.verify(provenance(bundle(GITHUB, original)), { ...FILE, filename }))).toBe('ok')
  })

  it.each(['some_project-1.1.tar.gz', 'some_project-1.0.zip', 'project-1.0.tar.gz'])('%s is another', (filename) => {
    const verdict = verifier.verify(provenance(bundle(GITHUB, original)), { ...FILE, filename })
    expect(reasonOf(verdict)).toBe('subject-name')
  })
})

describe('a trusted root', () => {
  it('ships with the package', async () => {
    const shipped = await createAttestationVerifier(shippedRoot())
    expect(reasonOf(shipped.verify(provenance(bundle(GITHUB, original)), FILE))).toBe('log-unknown')
  })

  it.each(['', '[]', '{}', '{"tlogs": 7}', '{"certificateAuthorities": [], "tlogs": [], "ctlogs": []}'])(
    'that is %j is a ConfigError with its name',
    async (text) => {
      const creating = createAttestationVerifier({ name: '/etc/root.json', text })
      await expect(creating).rejects.toThrow(ConfigError)
      await expect(creating).rejects.toThrow('/etc/root.json is not a trusted root')
    },
  )
})
