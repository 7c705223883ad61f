import { field, isObject } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import { parseCheckpoint } from './checkpoint.js'
import { arrayIn, asBase64, base64In, decimalIn, objectIn } from './fields.js'
import { quoted, Refused } from './refused.js'
import type { LogEntry } from './types.js'

const REASON = 'log-entry-malformed'

/** A Merkle path has one hash for each level: 64 are enough for every log. */
const MOST_HASHES = 64

/**
 * Reads an entry of a transparency log, in the JSON form of protobuf's TransparencyLogEntry.
 * @throws Refused
 */
export function parseLogEntry(value: unknown): LogEntry {
  if (!isObject(value)) throw new Refused(REASON, 'a log entry is not an object')
  checkKind(objectIn(value, 'kindVersion', REASON))
  return {
    logIndex: decimalIn(value, 'logIndex', REASON),
    logKeyId: base64In(objectIn(value, 'logId', REASON), 'keyId', REASON),
    integratedTime: parseTime(value),
    signedEntryTimestamp: parsePromise(value),
    body: base64In(value, 'canonicalizedBody', REASON),
    proof: parseProof(objectIn(value, 'inclusionProof', 'proof-missing')),
  }
}

/** PyPI takes attestations with this kind only; other kinds have other bodies. */
function checkKind(kindVersion: JsonObject): void {
  const [kind, version] = [field(kindVersion, 'kind'), field(kindVersion, 'version')]
  if (kind === 'dsse' && version === '0.0.1') return
  throw new Refused('log-entry-kind', `the log entry has the kind ${quoted(`${String(kind)} ${String(version)}`)}`)
}

function parseTime(entry: JsonObject): string {
  const time = decimalIn(entry, 'integratedTime', 'time-missing')
  if (time === '0') throw new Refused('time-missing', 'the log entry has no time')
  return time
}

/** Without the log's promise nothing vouches for the time. */
function parsePromise(entry: JsonObject): string {
  const promise = objectIn(entry, 'inclusionPromise', 'promise-missing')
  return base64In(promise, 'signedEntryTimestamp', 'promise-missing')
}

function parseProof(proof: JsonObject): LogEntry['proof'] {
  const hashes = arrayIn(proof, 'hashes', REASON)
  if (hashes.length > MOST_HASHES) throw new Refused(REASON, `the inclusion proof has ${hashes.length} hashes`)
  const checkpoint = field(objectIn(proof, 'checkpoint', 'checkpoint-malformed'), 'envelope')
  if (typeof checkpoint !== 'string') throw new Refused('checkpoint-malformed', 'the checkpoint is not a text')
  const { treeSize, rootHash } = parseCheckpoint(checkpoint)
  // The proof repeats what the signed checkpoint says. The library reads the checkpoint only.
  const repeats =
    (field(proof, 'treeSize') === undefined || decimalIn(proof, 'treeSize', REASON) === treeSize) &&
    (field(proof, 'rootHash') === undefined || base64In(proof, 'rootHash', REASON) === rootHash)
  if (!repeats) throw new Refused('proof-inconsistent', 'the inclusion proof is for another tree than its checkpoint')
  return {
    logIndex: decimalIn(proof, 'logIndex', REASON),
    treeSize,
    rootHash,
    hashes: hashes.map((hash) => asBase64(hash, 'a hash of the inclusion proof', REASON)),
    checkpoint,
  }
}
