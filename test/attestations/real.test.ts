import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parsePublisher } from '../../src/attestations/publisher.js'
import { shippedRoot } from '../../src/attestations/trusted-root.js'
import type { AttestedFile, Publisher, Verdict } from '../../src/attestations/types.js'
import type { AttestationVerifier } from '../../src/attestations/verifier.js'
import { createAttestationVerifier } from '../../src/attestations/verifier.js'
import { isObject } from '../../src/model/json.js'
import type { Mutation, RealFile } from './real-data.js'
import { asDocument, mutated, readMutations, readVerdicts } from './real-data.js'

/** A directory with real attestations, verdicts.json and mutations.json. Without it these tests are skipped. */
const DIRECTORY = process.env['ATTESTATIONS_DIR']

function publisherOf(value: unknown): Publisher {
  if (!isObject(value)) throw new Error('no publisher')
  return parsePublisher(value)
}

describe.skipIf(DIRECTORY === undefined)('real attestations', () => {
  const directory = DIRECTORY ?? ''
  const verifiers = new Map<string, AttestationVerifier>()
  const files = DIRECTORY === undefined ? [] : readVerdicts(directory)
  const mutations = DIRECTORY === undefined ? [] : readMutations(directory)
  const fileOf = (base: string): RealFile => {
    const found = files.find(({ file }) => file === base)
    if (found === undefined) throw new Error(`no ${base}`)
    return found
  }

  beforeAll(async () => {
    for (const root of ['production', 'staging']) {
      const path = join(directory, `trusted_root.${root}.json`)
      verifiers.set(root, await createAttestationVerifier({ name: path, text: readFileSync(path, 'utf8') }))
    }
    verifiers.set('shipped', await createAttestationVerifier(shippedRoot()))
  })

  const verify = (root: string, document: string, file: AttestedFile, publisher: unknown): Verdict => {
    const verifier = verifiers.get(root)
    if (verifier === undefined) throw new Error(`no root ${root}`)
    return verifier.verify(Buffer.from(document), file, [publisherOf(publisher)])
  }

  const roots = ['production', 'staging', 'shipped'].flatMap((root) => files.map((file) => ({ root, file })))
  it.each(roots)('$file.file with the root $root', ({ root, file }) => {
    const document = JSON.stringify(asDocument(file, directory))
    const { name, sha256 } = file.distribution
    const verdict = verify(root, document, { filename: name, sha256 }, file.publisher)
    const expected = file.verdict[root === 'staging' ? 'staging' : 'production']
    expect(verdict.kind === 'verified' ? 'ok' : 'refused').toBe(expected)
    if (verdict.kind === 'verified') expect(verdict.publishers).toEqual([publisherOf(file.publisher)])
  })

  const judged = (mutation: Mutation): Verdict => {
    const base = fileOf(mutation.base)
    const file = {
      filename: mutation.name ?? base.distribution.name,
      sha256: mutation.sha256 ?? base.distribution.sha256,
    }
    const document = JSON.stringify(mutated(mutation, files, directory))
    return verify(mutation.root ?? base.root, document, file, mutation.publisher ?? base.publisher)
  }

  it.each(mutations.filter(({ expected }) => expected !== 'either'))('$base: $what: $expected', (mutation) => {
    const verdict = judged(mutation)
    expect([verdict.kind === 'verified' ? 'ok' : 'refused', verdict]).toEqual([mutation.expected, verdict])
    if (verdict.kind === 'refused') expect(verdict.reason).not.toBe('unverifiable')
  })

  it('answers each refusal with a reason of its own', () => {
    const reasons = mutations.map(judged).map((verdict) => (verdict.kind === 'refused' ? verdict.reason : 'ok'))
    expect(new Set(reasons).size).toBeGreaterThanOrEqual(30)
  })
})
