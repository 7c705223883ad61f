import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** How large the upstreams are. */
export interface Sizes {
  /** the first sync, the forced re-check, verify */
  readonly projects: number
  readonly files: number
  readonly bytes: number
  /** the first sync over a link: many small files, and large ones */
  readonly wanFiles: number
  readonly wanBigFiles: number
  /** the first sync to a slow disk */
  readonly slowFiles: number
  readonly bigFiles: number
  readonly bigBytes: number
  /** of one file */
  readonly hugeBytes: number
  /** the smallest of three metadata-only mirrors; the others have 2.5 and 5 times as many projects */
  readonly metadata: number
  /** files that have attestations; a twentieth as many projects */
  readonly attested: number
  /** files that are synced to an S3 server; a tenth as many projects */
  readonly s3Files: number
  /** of the list in the quiet run */
  readonly names: number
  /** of the list in the runs that plan, and write the root index, at the size that PyPI will have */
  readonly planned: number
}

export type Scale = 'small' | 'full'
/** What serves the upstream: nginx where it is installed, unless Node is asked for. */
export type Server = 'auto' | 'node'

const SCALES: Readonly<Record<Scale, Sizes>> = {
  full: {
    projects: 3000,
    files: 64_000,
    bytes: 840e6,
    wanFiles: 5400,
    wanBigFiles: 150,
    slowFiles: 3500,
    bigFiles: 900,
    bigBytes: 1.5e9,
    hugeBytes: 2 * 2 ** 30,
    metadata: 20_000,
    attested: 10_000,
    s3Files: 10_000,
    names: 886_000,
    planned: 1_000_000,
  },
  small: {
    projects: 40,
    files: 600,
    bytes: 6e6,
    wanFiles: 60,
    wanBigFiles: 4,
    slowFiles: 60,
    bigFiles: 20,
    bigBytes: 30e6,
    hugeBytes: 32 * 2 ** 20,
    metadata: 60,
    attested: 60,
    s3Files: 200,
    names: 20_000,
    planned: 20_000,
  },
}

const RUNS: Readonly<Record<Scale, string>> = { full: '3', small: '1' }

export interface Options {
  readonly scale: Scale
  readonly sizes: Sizes
  /** empty for all */
  readonly rows: readonly string[]
  readonly runs: number
  readonly workers: number
  readonly json: boolean
  /** shell command of another mirror tool */
  readonly vs: string | undefined
  readonly output: string
  readonly cache: string
  readonly port: number
  readonly server: Server
}

export const USAGE = `npm run bench -- [options]
  --scale small|full   sizes of the upstreams; small takes less than a minute (default: full)
  --sizes NAME=N,...   single sizes: ${Object.keys(SCALES.full).join(', ')}
  --rows NAME,...      only these cases
  --runs N             runs of each, of which the middle counts (default: 3; small: 1)
  --workers N          connections of the mirror and of curl (default: 10)
  --vs 'COMMAND'       also another mirror tool, called as COMMAND -c CONFIG mirror
  --json               JSON instead of the table
  --output DIR         where mirrors are written (default: /dev/shm where there is one)
  --cache DIR          where upstreams are kept for the next time
  --port N             of the upstream; 0 for any free one, then its documents are made anew (default: 18630)
  --server auto|node   of the upstream: nginx where it is installed, or Node in any case (default: auto)`

const DEFAULT_PORT = '18630'

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Reads the command line. @throws UsageError */
export function readOptions(argv: readonly string[]): Options {
  const { values } = parse(argv)
  const { scale, server } = values
  if (scale !== 'small' && scale !== 'full') throw new UsageError(`--scale ${scale}: small or full`)
  if (server !== 'auto' && server !== 'node') throw new UsageError(`--server ${server}: auto or node`)
  return {
    scale,
    sizes: readSizes(SCALES[scale], values.sizes),
    rows: values.rows.split(',').filter((name) => name !== ''),
    runs: positive('runs', values.runs ?? RUNS[scale]),
    workers: positive('workers', values.workers),
    json: values.json,
    vs: values.vs,
    output: values.output ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir()),
    cache: values.cache,
    port: positive('port', values.port, 0),
    server,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        scale: { type: 'string', default: 'full' },
        sizes: { type: 'string', default: '' },
        rows: { type: 'string', default: '' },
        runs: { type: 'string' },
        workers: { type: 'string', default: '10' },
        json: { type: 'boolean', default: false },
        vs: { type: 'string' },
        output: { type: 'string' },
        cache: { type: 'string', default: join(tmpdir(), 'bandersnatch-bench') },
        port: { type: 'string', default: DEFAULT_PORT },
        server: { type: 'string', default: 'auto' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function positive(name: string, text: string, least = 1): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < least)
    throw new UsageError(`--${name} ${text}: not a number from ${least} up`)
  return number
}

function readSizes(scale: Sizes, text: string): Sizes {
  const given = text
    .split(',')
    .filter((part) => part !== '')
    .map((part): [string, number] => {
      const [name = '', value = ''] = part.split('=')
      if (!Object.hasOwn(scale, name)) throw new UsageError(`--sizes ${name}: one of ${Object.keys(scale).join(', ')}`)
      return [name, positive(`sizes ${name}`, value)]
    })
  return { ...scale, ...Object.fromEntries(given) }
}
