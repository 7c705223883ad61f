import type { Measurement, Usage } from './measure.js'
import type { Options } from './options.js'
import { serve } from './serve.js'
import type { Upstream } from './serve.js'
import type { Place, Served } from './place.js'
import type { Tool } from './tool.js'
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
  close(): Promise<void>
}

export type LabParts = Omit<Lab, 'alternate' | 'prepare' | 'close'> & { readonly log: (line: string) => void }

export function createLab({ log, ...parts }: LabParts): Lab {
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
    close: stop,
  }
}
