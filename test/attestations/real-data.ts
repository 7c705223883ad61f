import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One entry of verdicts.json. */
export interface RealFile {
  readonly file: string
  readonly shape: 'provenance' | 'attestation'
  readonly root: string
  readonly distribution: { readonly name: string; readonly sha256: string }
  readonly publisher: unknown
  readonly verdict: { readonly production: string; readonly staging: string }
}

/** One entry of mutations.json. */
export interface Mutation {
  readonly base: string
  readonly what: string
  readonly ops: readonly Op[]
  readonly expected: 'ok' | 'refused' | 'either'
  readonly name?: string
  readonly sha256?: string
  readonly root?: string
  readonly publisher?: unknown
}

type Path = readonly (string | number)[]

interface Op {
  readonly op: string
  readonly path: Path
  readonly value?: unknown
  readonly to?: unknown
  readonly from?: unknown
  readonly byte?: number
  readonly inner?: Path
  readonly file?: string
  readonly json?: unknown
}

// The files are this test's own data; their README says what they hold.
type Json = never

function read(path: string): Json {
  return JSON.parse(readFileSync(path, 'utf8')) as Json
}

export function readVerdicts(directory: string): readonly RealFile[] {
  return (read(join(directory, 'verdicts.json')) as { files: RealFile[] }).files
}

export function readMutations(directory: string): readonly Mutation[] {
  return (read(join(directory, 'mutations.json')) as { mutations: Mutation[] }).mutations
}

/** The provenance object in a file; a bare attestation is wrapped in one. */
export function asDocument({ file, shape, publisher }: RealFile, directory: string): unknown {
  const document: unknown = read(join(directory, file))
  if (shape === 'provenance') return document
  return { version: 1, attestation_bundles: [{ publisher: structuredClone(publisher), attestations: [document] }] }
}

/** The base of a mutation with its changes made, in order. */
export function mutated({ base, ops }: Mutation, files: readonly RealFile[], directory: string): unknown {
  const load = (name: string): unknown => {
    const found = files.find(({ file }) => file === name)
    if (found === undefined) throw new Error(`no ${name}`)
    return asDocument(found, directory)
  }
  return ops.reduce<unknown>((document, op) => changed(document, op, load), load(base))
}

type Node = Record<string | number, unknown>

function at(document: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, key) => (value as Node)[key], document)
}

function changed(document: unknown, op: Op, load: (name: string) => unknown): unknown {
  if (op.op === 'raw') return op.json
  const parent = at(document, op.path.slice(0, -1)) as Node
  const last = op.path.at(-1) ?? ''
  const old = parent[last]
  switch (op.op) {
    case 'set':
      parent[last] = op.value
      break
    case 'delete':
      delete parent[last]
      break
    case 'push':
      ;(old as unknown[]).push(op.value)
      break
    case 'cut':
      parent[last] = String(old).slice(0, Number(op.to))
      break
    case 'flip':
      parent[last] = flipped(String(old), op.byte ?? 0)
      break
    case 'edit':
      parent[last] = edited(String(old), op)
      break
    case 'replace':
      parent[last] = String(old).replace(String(op.from), String(op.to))
      break
    case 'take':
      parent[last] = at(load(op.file ?? ''), op.from as Path)
      break
    default:
      throw new Error(`no operation ${op.op}`)
  }
  return document
}

function flipped(base64: string, byte: number): string {
  const bytes = Buffer.from(base64, 'base64')
  const index = byte < 0 ? bytes.length + byte : byte
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index)
  return bytes.toString('base64')
}

function edited(base64: string, { inner = [], value }: Op): string {
  const document: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'))
  const parent = at(document, inner.slice(0, -1)) as Node
  parent[inner.at(-1) ?? ''] = value
  return Buffer.from(JSON.stringify(document)).toString('base64')
}
