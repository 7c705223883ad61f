import { spawn } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { applyEdit } from './edit.js'
import type { GoldenCase, RunStep, Step } from './cases.js'
import { compare } from './compare.mjs'
import type { Difference } from './compare.mjs'
import { startUpstream } from './serve.mjs'

const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'bandersnatch.js')
/** What makes this program write 8.0's bytes and keep what 8.0 keeps. */
export const AS_8_0 = 'simple-api-version = 1.1\nremoved-projects = keep\napi-method = simple\n'

export interface Replayed {
  readonly differences: Difference[]
  /** of each run: exit code, the recorded one, and the state files left */
  readonly runs: { exit: number; expected: RunStep; left: Record<string, string | null>; log: string }[]
}

/** Runs a recorded case with the real program against the recorded upstream and compares the tree it leaves. */
export async function replay(
  golden: GoldenCase,
  where: { upstream: string; blobs: string | undefined; scratch: string },
): Promise<Replayed> {
  const directory = join(where.scratch, 'mirror')
  const aux = join(where.scratch, 'aux')
  fs.mkdirSync(aux, { recursive: true })
  const upstream = await startUpstream(where.upstream, { state: 't0' })
  const base = golden.base ?? upstream.url
  const fill = (text: string): string =>
    text
      .replaceAll('@DIR@', directory)
      .replaceAll('@BASE@', base)
      .replaceAll('@AUX@', aux)
      .replaceAll('@PROXY@', upstream.url)
  try {
    for (const [path, content] of Object.entries(golden.files ?? {})) {
      fs.mkdirSync(join(aux, path, '..'), { recursive: true })
      fs.writeFileSync(
        join(aux, path),
        typeof content === 'string' ? fill(content) : Buffer.from(content.base64, 'base64'),
      )
    }
    const runs: Replayed['runs'] = []
    for (const step of golden.steps) {
      if ('edit' in step)
        step.edit.forEach((edit) =>
          applyEdit(directory, { ...edit, ...(edit.text === undefined ? {} : { text: fill(edit.text) }) }),
        )
      else runs.push(await runStep(step, { golden, directory, aux, fill, upstream }))
    }
    const differences = compare(golden, directory, {
      base,
      ignore: ['.bandersnatch', '.bandersnatch/**'],
      ...(where.blobs === undefined ? {} : { blobs: where.blobs }),
    })
    return { differences, runs }
  } finally {
    await upstream.close()
  }
}

interface Stage {
  readonly golden: GoldenCase
  readonly directory: string
  readonly aux: string
  readonly fill: (text: string) => string
  readonly upstream: { setState(state: string): void }
}

async function runStep(step: Extract<Step, RunStep>, stage: Stage): Promise<Replayed['runs'][number]> {
  const { golden, directory, aux } = stage
  stage.upstream.setState(step.state)
  const config = join(aux, 'bandersnatch.conf')
  fs.writeFileSync(
    config,
    stage.fill(step.config ?? golden.config).replace(/^\[mirror\]\r?\n/m, (head) => head + AS_8_0),
  )
  const command = `umask ${golden.umask ?? '022'}; exec "$0" "$@"`
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)))
  const own = Object.fromEntries(Object.entries(golden.env ?? {}).map(([name, value]) => [name, stage.fill(value)]))
  const child = spawn('sh', ['-c', command, process.execPath, BIN, '-c', config, ...step.run.map(stage.fill)], {
    cwd: aux,
    env: { ...env, ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()))
  const exit = await new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? -1)))
  const left: Record<string, string | null> = {}
  for (const name of ['status', 'generation', 'todo']) {
    const path = join(directory, name)
    left[name] = fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : null
  }
  return { exit, expected: step, left, log }
}
