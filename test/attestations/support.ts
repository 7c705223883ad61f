import type { AttestedFile } from '../../src/attestations/types.js'
import type { AttestationJson, Holder } from './sigstore-instance.js'

export const FILE: AttestedFile = { filename: 'some_project-1.0.tar.gz', sha256: 'ab'.repeat(32) }

const REF = 'refs/tags/1.0'
const DIGEST = '0123456789abcdef0123456789abcdef01234567'

/** The holder of a certificate for a workflow on GitHub. `changes` replaces extensions by number. */
export function github(repository: string, workflow: string, changes: Readonly<Record<number, string>> = {}): Holder {
  const url = `https://github.com/${repository}`
  const uri = `${url}/.github/workflows/${workflow}@${REF}`
  const issuer = 'https://token.actions.githubusercontent.com'
  return { uri, extensions: { 8: issuer, 12: url, 13: DIGEST, 14: REF, 18: uri, ...changes } }
}

export function gitlab(repository: string, path: string): Holder {
  const url = `https://gitlab.com/${repository}`
  const uri = `${url}//${path}@${REF}`
  return { uri, extensions: { 8: 'https://gitlab.com', 12: url, 13: DIGEST, 14: REF, 18: uri } }
}

export function google(email: string): Holder {
  return { email, extensions: { 8: 'https://accounts.google.com' } }
}

/** A statement about FILE. `changes` replaces fields. */
export function statement(changes: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: FILE.filename, digest: { sha256: FILE.sha256 } }],
    predicateType: 'https://docs.pypi.org/attestations/publish/v1',
    predicate: null,
    ...changes,
  })
}

export const GITHUB = { kind: 'GitHub', repository: 'some/project', workflow: 'release.yml' }

export function bundle(publisher: unknown, ...attestations: readonly AttestationJson[]): unknown {
  return { publisher, attestations }
}

export function provenance(...bundles: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ version: 1, attestation_bundles: bundles }))
}
