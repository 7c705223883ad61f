import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LARGEST_PROVENANCE } from '../../src/model/provenance.js'
import type { Verdict } from '../../src/attestations/types.js'
import { createAttestationVerifier } from '../../src/attestations/verifier.js'
import { createSigstoreInstance } from './sigstore-instance.js'
import { bundle, FILE, GITHUB, github, provenance, statement } from './support.js'

const instance = createSigstoreInstance()
const verifier = await createAttestationVerifier({ name: 'the root', text: instance.root })
const attestation = instance.attest({ holder: github('some/project', 'release.yml'), statement: statement() })
const valid = bundle(GITHUB, attestation)
const reasonOf = (verdict: Verdict): string => (verdict.kind === 'refused' ? verdict.reason : 'ok')
const reason = (document: Uint8Array | string): string => reasonOf(verifier.verify(Buffer.from(document), FILE))
const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

describe('a document is refused', () => {
  const publishers: readonly (readonly [string, unknown])[] = [
    ['publisher-missing', null],
    ['publisher-missing', 'GitHub'],
    ['publisher-unknown', {}],
    ['publisher-unknown', { ...GITHUB, kind: 'github' }],
    ['publisher-unknown', { ...GITHUB, kind: 'ActiveState' }],
    ['publisher-unknown', { ...GITHUB, kind: ['GitHub'] }],
    ['publisher-malformed', { kind: 'GitHub', repository: 'some/project' }],
    ['publisher-malformed', { ...GITHUB, repository: 'some/project/.github/workflows/release.yml@x#' }],
    ['publisher-malformed', { ...GITHUB, repository: 'some/..' }],
    ['publisher-malformed', { ...GITHUB, repository: 'some' }],
    ['publisher-malformed', { ...GITHUB, workflow: '../release.yml' }],
    ['publisher-malformed', { ...GITHUB, workflow: 'release.yml@refs/heads/main' }],
    ['publisher-malformed', { kind: 'GitLab', repository: 'a/b', workflow_filepath: '' }],
    ['publisher-malformed', { kind: 'GitLab', repository: 'a/b', workflow: '.gitlab-ci.yml' }],
    ['publisher-malformed', { kind: 'Google', email: ['robot@example.com'] }],
  ]
  it.each(publishers)('%s: %j', (expected, publisher) => {
    expect(reason(provenance(bundle(publisher, attestation)))).toBe(expected)
  })

  const documents: readonly (readonly [string, string, Uint8Array | string])[] = [
    ['not-json', 'nothing', ''],
    ['not-json', 'a cut document', provenance(valid).subarray(0, 3000)],
    ['not-json', 'bytes that are not UTF-8', Buffer.concat([provenance(valid), Buffer.from([0xff])])],
    ['malformed', 'a list', '[]'],
    ['malformed', 'null', 'null'],
    ['malformed', 'bundles as an object', '{"version": 1, "attestation_bundles": {}}'],
    ['malformed', 'inherited names', '{"version": 1, "__proto__": {"attestation_bundles": []}}'],
    ['version', 'no version', '{"attestation_bundles": []}'],
    ['version', 'true as version', '{"version": true, "attestation_bundles": []}'],
    ['no-bundles', 'no bundles', provenance()],
    ['malformed', 'null as a bundle', provenance(null)],
    ['no-attestations', 'a bundle without attestations', provenance(bundle(GITHUB))],
    ['too-many-bundles', '1,000 bundles', provenance(...many(1000, bundle(GITHUB)))],
    ['too-many-attestations', '100 attestations', provenance(bundle(GITHUB, ...many(100, attestation)))],
    ['too-many-attestations', '18 in two bundles', provenance(...many(2, bundle(GITHUB, ...many(9, attestation))))],
    ['too-large', 'more than 1 MB', Buffer.alloc(LARGEST_PROVENANCE + 1, ' ')],
    ['malformed', 'lists in lists', '['.repeat(500_000) + ']'.repeat(500_000)],
    [
      'malformed',
      'objects in objects',
      `{"version":1,"attestation_bundles":${'{"a":'.repeat(99_999)}1${'}'.repeat(100_000)}`,
    ],
  ]
  it.each(documents)('%s: %s', (expected, _, document) => {
    expect(reason(document)).toBe(expected)
  })

  it('certificate-malformed: a certificate of nested sequences', () => {
    const nested = Buffer.alloc(20_000, Buffer.from([0x30, 0x80]))
    const changed = structuredClone(attestation)
    changed.verification_material.certificate = nested.toString('base64')
    expect(reason(provenance(bundle(GITHUB, changed)))).toBe('certificate-malformed')
  })

  it('with one line of text, whatever it holds', () => {
    const verdict = verifier.verify(
      provenance(bundle({ kind: 'Forge\n\u001b[31m' + 'x'.repeat(10_000) }, attestation)),
      FILE,
    )
    expect(verdict.kind === 'refused' && verdict.detail).toMatch(/^[ -~]{1,400}$/)
  })
})

describe('1 MB of white space', () => {
  it('around a valid document is no reason to refuse it', () => {
    const document = provenance(valid)
    expect(reason(Buffer.concat([document, Buffer.alloc(LARGEST_PROVENANCE - document.length, ' ')]))).toBe('ok')
  })
})

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Path = readonly (string | number)[]

function paths(value: Json, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const below = Array.isArray(value)
    ? value.flatMap((each, index) => paths(each, [...path, index]))
    : Object.entries(value).flatMap(([key, each]) => paths(each, [...path, key]))
  return [path, ...below]
}

function replaced(value: Json, [first, ...rest]: Path, by: Json | undefined): Json | undefined {
  if (first === undefined) return by
  if (Array.isArray(value)) {
    const changed = value.flatMap((each, index) => {
      const now = index === first ? replaced(each, rest, by) : each
      return now === undefined ? [] : [now]
    })
    return changed
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).flatMap(([key, each]): [string, Json][] => {
    const now = key === first ? replaced(each, rest, by) : each
    return now === undefined ? [] : [[key, now]]
  })
  return Object.fromEntries(entries)
}

describe('any one value of a valid document', () => {
  const document = JSON.parse(provenance(valid).toString()) as Json
  const all = paths(document)
  // The proof repeats these of the signed checkpoint: they may be missing, but not differ.
  const repeated = new Set(['treeSize', 'rootHash'])

  it('replaced by another makes a refusal and never a throw', () => {
    const values = fc.oneof(fc.jsonValue(), fc.constantFrom<Json>('', 'AAAA', [], {}, null, -1, 1e300, '9'.repeat(400)))
    fc.assert(
      fc.property(fc.constantFrom(...all), values, (path, value) => {
        const changed = replaced(document, path, value as Json) ?? null
        fc.pre(JSON.stringify(changed) !== JSON.stringify(document))
        // Numbers are the same as number and as text.
        fc.pre(!(typeof value === 'number' && path.includes('transparency_entries')))
        expect(reason(JSON.stringify(changed))).not.toMatch(/^(?:ok|unverifiable)$/)
      }),
      { numRuns: 500 },
    )
  })

  it.each(all.slice(1).map((path) => [path.join('.'), path] as const))('left out makes a refusal: %s', (_, path) => {
    const left = reason(JSON.stringify(replaced(document, path, undefined)))
    if (repeated.has(String(path.at(-1)))) expect(left).toBe('ok')
    else expect(left).not.toMatch(/^(?:ok|unverifiable)$/)
  })
})
