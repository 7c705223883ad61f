import { field, isObject } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import { LARGEST_PROVENANCE } from '../model/provenance.js'
import { arrayIn, base64In, objectIn } from './fields.js'
import { parseLogEntry } from './log-entry.js'
import { parsePublisher } from './publisher.js'
import { Refused } from './refused.js'
import type { Attestation, AttestationBundle, Provenance } from './types.js'

/** PyPI gives one bundle with up to two attestations. More than these would only cost time. */
const MOST_BUNDLES = 8
const MOST_ATTESTATIONS = 16
const MOST_ENTRIES = 4
/** Bytes of the largest certificate, in base64. Real ones have about 1.5 kB. */
const LARGEST_CERTIFICATE = 32_768

/**
 * Reads a provenance object. Unknown fields are passed over, as PEP 740 demands.
 * https://peps.python.org/pep-0740/#provenance-objects
 * @throws Refused
 */
export function parseProvenance(bytes: Uint8Array): Provenance {
  if (bytes.length > LARGEST_PROVENANCE) {
    throw new Refused('too-large', `the document has ${bytes.length} bytes; at most ${LARGEST_PROVENANCE} are read`)
  }
  const document = parseJson(bytes)
  if (!isObject(document)) throw new Refused('malformed', 'the document is not an object')
  checkVersion(document, 'document')
  const bundles = arrayIn(document, 'attestation_bundles')
  if (bundles.length === 0) throw new Refused('no-bundles', 'the document has no attestations')
  if (bundles.length > MOST_BUNDLES) {
    throw new Refused(
      'too-many-bundles',
      `the document has ${bundles.length} bundles; at most ${MOST_BUNDLES} are read`,
    )
  }
  const parsed = bundles.map(parseBundle)
  const count = parsed.reduce((sum, { attestations }) => sum + attestations.length, 0)
  if (count > MOST_ATTESTATIONS) throw tooMany(count)
  return { bundles: parsed }
}

function tooMany(count: number): Refused {
  const problem = `the document has ${count} attestations; at most ${MOST_ATTESTATIONS} are read`
  return new Refused('too-many-attestations', problem)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (error) {
    throw new Refused('not-json', 'the document is not JSON', { cause: error })
  }
}

function checkVersion(object: JsonObject, what: string): void {
  if (field(object, 'version') !== 1) throw new Refused('version', `the ${what} does not have version 1`)
}

function parseBundle(value: unknown): AttestationBundle {
  if (!isObject(value)) throw new Refused('malformed', 'a bundle is not an object')
  const publisher = parsePublisher(objectIn(value, 'publisher', 'publisher-missing'))
  const attestations = arrayIn(value, 'attestations')
  if (attestations.length === 0) throw new Refused('no-attestations', 'a bundle has no attestations')
  if (attestations.length > MOST_ATTESTATIONS) throw tooMany(attestations.length)
  return { publisher, attestations: attestations.map(parseAttestation) }
}

function parseAttestation(value: unknown): Attestation {
  if (!isObject(value)) throw new Refused('malformed', 'an attestation is not an object')
  checkVersion(value, 'attestation')
  const material = objectIn(value, 'verification_material')
  const certificate = base64In(material, 'certificate', 'certificate-missing')
  if (certificate.length > LARGEST_CERTIFICATE) {
    throw new Refused('certificate-malformed', 'the certificate is too large')
  }
  const envelope = objectIn(value, 'envelope')
  const statement = base64In(envelope, 'statement', 'statement-malformed')
  const signature = base64In(envelope, 'signature', 'signature-missing')
  const entries = arrayIn(material, 'transparency_entries', 'log-entry-missing')
  if (entries.length === 0) throw new Refused('log-entry-missing', 'the attestation has no log entry')
  if (entries.length > MOST_ENTRIES) {
    throw new Refused('too-many-log-entries', `the attestation has ${entries.length} log entries`)
  }
  return { certificate, statement, signature, entries: entries.map(parseLogEntry) }
}
