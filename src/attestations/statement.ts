import { field, isObject } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import { distributionKey } from './distribution-name.js'
import { quoted, Refused } from './refused.js'
import type { AttestedFile } from './types.js'

const STATEMENT = 'https://in-toto.io/Statement/v1'

/** What PyPI takes: https://docs.pypi.org/attestations/ */
const PREDICATES: ReadonlySet<unknown> = new Set([
  'https://docs.pypi.org/attestations/publish/v1',
  'https://slsa.dev/provenance/v1',
])

/**
 * Checks that a statement is about this file and no other, before any signature is looked at.
 * https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md
 * @param statement base64
 * @returns its predicate type
 * @throws Refused
 */
export function checkStatement(statement: string, file: AttestedFile): string {
  const document = parseStatement(statement)
  if (field(document, '_type') !== STATEMENT) {
    throw new Refused('statement-type', 'the statement is not an in-toto statement of version 1')
  }
  const predicate = field(document, 'predicateType')
  if (typeof predicate !== 'string' || !PREDICATES.has(predicate)) {
    const shown = typeof predicate === 'string' ? quoted(predicate) : 'missing'
    throw new Refused('predicate-type', `the statement's predicate type is ${shown}`)
  }
  checkSubject(onlySubject(document), file)
  return predicate
}

function parseStatement(statement: string): JsonObject {
  const document = parseJson(statement)
  if (!isObject(document)) throw new Refused('statement-malformed', 'the statement is not a JSON object')
  return document
}

function parseJson(statement: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(statement, 'base64')))
  } catch (error) {
    throw new Refused('statement-malformed', 'the statement is not JSON', { cause: error })
  }
}

function onlySubject(document: JsonObject): JsonObject {
  const subjects = field(document, 'subject')
  if (!Array.isArray(subjects)) throw new Refused('statement-malformed', 'the statement has no list of subjects')
  const all: readonly unknown[] = subjects
  const [subject] = all
  if (all.length !== 1) throw new Refused('subject-count', `the statement has ${all.length} subjects instead of 1`)
  if (!isObject(subject)) throw new Refused('statement-malformed', 'the subject is not an object')
  return subject
}

function checkSubject(subject: JsonObject, { filename, sha256 }: AttestedFile): void {
  const name = field(subject, 'name')
  const key = typeof name === 'string' ? distributionKey(name) : undefined
  if (key === undefined || key !== distributionKey(filename)) {
    const shown = typeof name === 'string' ? quoted(name) : 'nothing'
    throw new Refused('subject-name', `the statement is about ${shown}, not about ${quoted(filename)}`)
  }
  const digest = field(subject, 'digest')
  const hex = isObject(digest) ? field(digest, 'sha256') : undefined
  if (typeof hex !== 'string') throw new Refused('subject-digest', 'the statement has no SHA-256 digest')
  if (hex !== sha256)
    throw new Refused('subject-digest', `the statement is about a file with the SHA-256 ${quoted(hex)}`)
}
