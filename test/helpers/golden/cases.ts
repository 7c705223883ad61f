import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'

export interface RunStep {
  readonly run: readonly string[]
  readonly state: string
  readonly exit: number
  readonly config?: string
  readonly left: Readonly<Record<'status' | 'generation' | 'todo', string | null>>
}
export interface Edit {
  readonly op: string
  readonly path: string
  readonly text?: string
  readonly base64?: string
  readonly size?: number
  readonly at?: number
  readonly target?: string
  readonly mtime?: number
  readonly mode?: string
}
export type Step = RunStep | { readonly edit: readonly Edit[] }

/** A recorded case; see the README of the recordings for the format. */
export interface GoldenCase {
  readonly name: string
  readonly deviation?: string
  readonly umask?: string
  readonly env?: Readonly<Record<string, string>>
  readonly base?: string
  readonly config: string
  readonly files?: Readonly<Record<string, string | { readonly base64: string }>>
  readonly steps: readonly Step[]
  readonly manifest: Readonly<Record<string, unknown>>
}

export interface Golden {
  readonly cases: readonly GoldenCase[]
  /** directory of the recorded upstream */
  readonly upstream: string
  /** recorded contents, to show what differs; only with GOLDEN_DIR */
  readonly blobs: string | undefined
}

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'golden')

/** The recordings kept with the tests, or those of the directory that GOLDEN_DIR names. `scratch`: where to unpack. */
export function loadGolden(scratch: string): Golden {
  const directory = process.env['GOLDEN_DIR']
  if (directory !== undefined && directory !== '') {
    const cases = readdirSync(join(directory, 'cases'))
      .sort()
      .map((name) => {
        const text = readFileSync(join(directory, 'cases', name, 'expect.json'), 'utf8')
        return JSON.parse(text) as GoldenCase
      })
    const blobs = join(directory, 'blobs')
    return { cases, upstream: join(directory, 'upstream'), blobs: existsSync(blobs) ? blobs : undefined }
  }
  const upstream = join(scratch, 'upstream')
  for (const [path, content] of Object.entries(
    unpack<Record<string, string | { base64: string }>>('upstream.json.br'),
  )) {
    mkdirSync(dirname(join(upstream, path)), { recursive: true })
    writeFileSync(join(upstream, path), typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'))
  }
  return { cases: unpack<GoldenCase[]>('cases.json.br'), upstream, blobs: undefined }
}

function unpack<T>(name: string): T {
  return JSON.parse(brotliDecompressSync(readFileSync(join(FIXTURES, name))).toString('utf8')) as T
}
