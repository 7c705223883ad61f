import { writeFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigstoreInstance } from '../attestations/sigstore-instance.js'
import type { AttestationJson, SigstoreInstance } from '../attestations/sigstore-instance.js'
import { bundle, github, provenance, statement } from '../attestations/support.js'
import { digestsOf } from './index/digests.js'
import type { Upload } from './index/types.js'

/** A certificate authority and logs of a test file's own, with the trusted root as a file. */
export interface TestSigstore extends SigstoreInstance {
  /** absolute path */
  readonly rootPath: string
  /** The upload with attestations by a workflow of a repository on GitHub. */
  attested(upload: Upload, options?: Attesting): Upload
}

export interface Attesting {
  readonly repository?: string
  readonly workflow?: string
  /** changes the attestation once it is signed */
  readonly change?: (attestation: AttestationJson) => void
}

export function createTestSigstore(): TestSigstore {
  const instance = createSigstoreInstance()
  const rootPath = join(mkdtempSync(join(tmpdir(), 'sigstore-')), 'trusted-root.json')
  writeFileSync(rootPath, instance.root)
  return {
    ...instance,
    rootPath,
    attested(upload, { repository = 'some/project', workflow = 'release.yml', change = () => undefined } = {}) {
      const subject = [{ name: upload.filename, digest: { sha256: digestsOf(upload.body).sha256 } }]
      const attestation = instance.attest({ holder: github(repository, workflow), statement: statement({ subject }) })
      change(attestation)
      return { ...upload, provenance: provenance(bundle({ kind: 'GitHub', repository, workflow }, attestation)) }
    },
  }
}
