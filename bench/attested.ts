import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { createSigstoreInstance } from '../test/attestations/sigstore-instance.js'
import type { IndexedProject } from './documents.js'

const REPOSITORY = 'bench/project'
const WORKFLOW = 'release.yml'
const REF = 'refs/tags/1.0'

/** The trusted root of the authority that signed the files of an upstream, beside its documents. */
export function rootOf(documents: string): string {
  return join(documents, 'trusted-root.json')
}

/** Writes a provenance object (PEP 740) for every file, signed by an authority of its own. */
export function writeProvenance(documents: string, projects: readonly IndexedProject[]): void {
  const sigstore = createSigstoreInstance()
  fs.writeFileSync(rootOf(documents), sigstore.root)
  const url = `https://github.com/${REPOSITORY}`
  const uri = `${url}/.github/workflows/${WORKFLOW}@${REF}`
  const extensions = { 8: 'https://token.actions.githubusercontent.com', 12: url, 14: REF, 18: uri }
  for (const { normalizedName, files } of projects) {
    for (const { filename, version, sha256 } of files) {
      const statement = JSON.stringify({
        _type: 'https://in-toto.io/Statement/v1',
        subject: [{ name: filename, digest: { sha256 } }],
        predicateType: 'https://docs.pypi.org/attestations/publish/v1',
        predicate: null,
      })
      const attestation = sigstore.attest({ holder: { uri, extensions }, statement })
      const publisher = { kind: 'GitHub', repository: REPOSITORY, workflow: WORKFLOW }
      const bundle = { publisher, attestations: [attestation] }
      const path = join(documents, 'integrity', normalizedName, version, filename, 'provenance')
      fs.mkdirSync(dirname(path), { recursive: true })
      fs.writeFileSync(path, JSON.stringify({ version: 1, attestation_bundles: [bundle] }))
    }
  }
}
