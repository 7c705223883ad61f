import { resolve } from 'node:path'
import type { Measurement, Usage } from './measure.js'
import type { Options } from './options.js'
import { serve } from './serve.js'
import type { Upstream } from './serve.js'
import type { Place, Served } from './place.js'
import { createTool } from './tool.js'
import type { Tool } from './tool.js'
import { createUpstreams } from './upstreams.js'
import type { Upstreams } from './upstreams.js'

/** One of the commands that a row compares. */
export interface Contender {
  readonly name: string
  /** what it asks; undefined where it asks nothing */
  readonly served?: Served
  /** makes it ready; not measured */
  readonly before?: () => void | Promise<void>
  readonly run: () => Promise<Usage>
}

export type Runs = ReadonlyMap<string, readonly Measurement[]>

/** What the rows work with. */
export interface Lab {
  readonly options: Options
  readonly place: Place
  /** a directory for what is written; removed at the end */
  readonly scratch: string
  /** this program, and that of --vs */
  readonly tools: readonly [Tool, ...Tool[]]
  readonly upstreams: Upstreams
  /** Runs the contenders by turns, so that what else the machine does befalls them all. */
  alternate(contenders: readonly Contender[], runs?: number): Promise<Runs>
  /** A run that is not measured, to prepare others. */
  prepare(contender: Contender): Promise<void>
  /** The same with an upstream at another place. It must be closed. */
  at(place: Place): Lab
  close(): Promise<void>
}

export interface LabParts extends Pick<Lab, 'options' | 'place' | 'scratch'> {
  readonly log: (line: string) => void
}

const PROGRAM = resolve('bin/bandersnatch.js')

export function createLab({ log, ...given }: LabParts): Lab {
  const { options, place, scratch } = given
  const { vs } = options
  const ours = createTool('bandersnatch', [process.execPath, PROGRAM], { ...given, key: 'ours' })
  const other = vs === undefined ? [] : [createTool(vs, ['sh', '-c', `exec ${vs} "$@"`, 'sh'], { ...given, key: 'vs' })]
  const upstreams = createUpstreams(place, { cache: options.cache, scratch, log })
  const parts = { ...given, upstreams, tools: [ours, ...other] as const }
  let running: { readonly served: Served; readonly upstream: Upstream } | undefined

  async function stop(): Promise<void> {
    const stopping = running
    running = undefined
    await stopping?.upstream.close()
  }

  async function upstreamFor(served: Served): Promise<Upstream> {
    if (running?.served === served) return running.upstream
    await stop()
    const upstream = await serve(parts.place, served)
    running = { served, upstream }
    return upstream
  }

  async function runOnce({ served, before, run }: Contender): Promise<Measurement> {
    const upstream = served === undefined ? undefined : await upstreamFor(served)
    await before?.()
    await upstream?.reset()
    const usage = await run()
    return { ...usage, ...(await upstream?.traffic()) }
  }

  return {
    ...parts,
    async alternate(contenders, runs = parts.options.runs) {
      const all = new Map(contenders.map(({ name }) => [name, new Array<Measurement>()]))
      for (let round = 1; round <= runs; round++) {
        for (const contender of contenders) {
          const measured = await runOnce(contender)
          all.get(contender.name)?.push(measured)
          log(`  ${round}/${runs} ${contender.name}: ${measured.wall.toFixed(2)} s`)
        }
      }
      return all
    },
    async prepare(contender) {
      log(`  preparing: ${contender.name}`)
      await runOnce(contender)
    },
    at: (elsewhere) => createLab({ ...given, place: elsewhere, log }),
    close: stop,
  }
}
