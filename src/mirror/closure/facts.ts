import { createHash } from 'node:crypto'
import type { LockProblem } from '../../closure/locks/match.js'
import type { ProjectFacts } from '../../closure/remember.js'
import type { CandidateFile, CandidateRelease, Edge, FileRequirements } from '../../closure/types.js'
import { isObject, parseJsonObject } from '../../model/json.js'
import { isSafeProjectName, LAYOUT } from '../../model/layout.js'
import type { JsonObject } from '../../model/project.js'
import type { Storage } from '../../storage/types.js'

/** What the closure knows of one project: what upstream said, and what followed from it. A line of `.bandersnatch/closure`. */
export interface MemberFacts extends ProjectFacts {
  /** upstream's serial of the page; 0 where it gives none or has no such project */
  readonly serial: number
  /** fingerprint of filters, environments and lock files, which decide what is noted of the page */
  readonly basis: string
  /** when a filter lets through what it holds back now, in milliseconds since the epoch; undefined: never */
  readonly due: number | undefined
  /** what lock files pin of it */
  readonly locked: Locked | undefined
  /** names of the files that are wanted; undefined where none are, because upstream has nothing that fits */
  readonly files: readonly string[] | undefined
  readonly neededBy: readonly Edge[]
}

export interface Locked {
  readonly files: readonly string[]
  readonly problems: readonly LockProblem[]
}

export interface StoredFacts {
  readonly projects: ReadonlyMap<string, MemberFacts>
  /** of the file's text */
  readonly digest: string
}

const HEADER = '{"bandersnatch closure":1}'

/** Lines that cannot be read are left out: those projects are asked for again. */
export async function loadFacts(storage: Storage): Promise<StoredFacts> {
  const body = await storage.read(LAYOUT.closure)
  const projects = new Map<string, MemberFacts>()
  const lines = body?.toString('utf8').split('\n') ?? []
  if (lines[0] === HEADER) {
    for (const line of lines.slice(1)) {
      const parsed = parseLine(line)
      if (parsed !== undefined) projects.set(parsed.name, parsed.facts)
    }
  }
  return {
    projects,
    digest: createHash('sha256')
      .update(body ?? '')
      .digest('hex'),
  }
}

/** @param before digest of the text that is stored: the same is not written again */
export async function saveFacts(
  storage: Storage,
  projects: ReadonlyMap<string, MemberFacts>,
  before: string,
): Promise<void> {
  const lines = function* (): Generator<string> {
    yield `${HEADER}\n`
    for (const name of [...projects.keys()].sort()) {
      const facts = projects.get(name)
      if (facts !== undefined) yield `${JSON.stringify(lineOf(name, facts))}\n`
    }
  }
  const hash = createHash('sha256')
  for (const line of lines()) hash.update(line)
  if (hash.digest('hex') !== before) await storage.writeStream(LAYOUT.closure, lines())
}

function lineOf(name: string, { releases, requirements, ...others }: MemberFacts): unknown {
  const shortFile = ({ isYanked, ...file }: CandidateFile): unknown => (isYanked ? { ...file, isYanked } : file)
  const short = releases?.map(({ version, files }) => ({ version, files: files.map(shortFile) })) ?? null
  return { name, ...others, releases: short, requirements }
}

function parseLine(line: string): { readonly name: string; readonly facts: MemberFacts } | undefined {
  const json = line === '' ? undefined : parseJsonObject(Buffer.from(line))
  const { name, serial, basis, releases } = json ?? {}
  if (json === undefined || typeof name !== 'string' || !isSafeProjectName(name)) return undefined
  if (typeof serial !== 'number' || typeof basis !== 'string') return undefined
  if (releases !== null && !Array.isArray(releases)) return undefined
  const requirements = isObject(json['requirements']) ? json['requirements'] : {}
  const facts: MemberFacts = {
    ...{ serial, basis },
    due: typeof json['due'] === 'number' ? json['due'] : undefined,
    releases: releases === null ? null : objects(releases).map(parseRelease),
    requirements: Object.fromEntries(
      Object.entries(requirements).flatMap(([key, value]) => (isObject(value) ? [[key, parseNeeds(value)]] : [])),
    ),
    locked: isObject(json['locked']) ? parseLocked(json['locked']) : undefined,
    files: Array.isArray(json['files']) ? texts(json['files']) : undefined,
    neededBy: objects(json['neededBy']).map(parseEdge),
  }
  return { name, facts }
}

function parseRelease(json: JsonObject): CandidateRelease {
  return { version: text(json['version']), files: objects(json['files']).map(parseFile) }
}

function parseFile(json: JsonObject): CandidateFile {
  const size = json['size']
  return {
    ...(typeof size === 'number' ? { size } : {}),
    filename: text(json['filename']),
    requiresPython: optionalText(json['requiresPython']),
    isYanked: json['isYanked'] === true,
    digest: optionalText(json['digest']),
    metadataKey: optionalText(json['metadataKey']),
  }
}

function parseNeeds(json: JsonObject): FileRequirements {
  const note = optionalText(json['note'])
  const needs = { requires: texts(json['requires']), buildRequires: texts(json['buildRequires']) }
  return note === undefined ? needs : { ...needs, note }
}

function parseLocked(json: JsonObject): Locked {
  const kinds = ['no-version', 'no-file', 'digest', 'not-comparable'] as const
  const problems = objects(json['problems']).map((one): LockProblem => {
    const kind = kinds.find((each) => each === one['kind']) ?? 'no-file'
    return { kind, filename: optionalText(one['filename']) ?? null, detail: text(one['detail']) }
  })
  return { files: texts(json['files']), problems }
}

function parseEdge(json: JsonObject): Edge {
  const from = isObject(json['from']) ? json['from'] : {}
  return {
    from: { name: text(from['name']), version: optionalText(from['version']) },
    to: text(json['to']),
    line: text(json['line']),
    isBuild: json['isBuild'] === true,
    environments: texts(json['environments']),
  }
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
