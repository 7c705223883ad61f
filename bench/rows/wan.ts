import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { measuredOf, most, wallRatio } from '../checks.js'
import type { Contender, Lab } from '../lab.js'
import { openLink, whyNoLink } from '../link.js'
import type { Link, LinkOptions } from '../link.js'
import { documentUrls, fetchAll, fileUrls } from '../limits.js'
import { choosePlace } from '../serve.js'
import type { Tool } from '../tool.js'
import { SEED } from '../upstreams.js'
import type { Stocked } from '../upstreams.js'
import type { Row } from './row.js'
import { describe } from './sync.js'

const OURS = 'bandersnatch'
const TEN = 'bandersnatch, max-requests = 10'
const STREAMS = 64
const CURL = `curl --parallel-max ${STREAMS}`

interface Case extends LinkOptions {
  /** the most that a first sync may take of the time that curl takes */
  readonly atMost: number
  readonly kind: 'small' | 'big'
  /** also with ten requests under way */
  readonly withTen?: true
}

async function stock(lab: Lab, kind: Case['kind']): Promise<Stocked> {
  const { wanFiles, wanBigFiles } = lab.options.sizes
  const seed = SEED
  if (kind === 'small')
    return lab.upstreams.withFiles('wan-small', {
      projects: Math.ceil(wanFiles / 18),
      files: wanFiles,
      bytes: wanFiles * 9000,
      largest: 512 * 1024,
      seed,
    })
  const bytes = wanBigFiles * 10e6
  return lab.upstreams.withFiles('wan-big', {
    projects: Math.ceil(wanBigFiles / 5),
    files: wanBigFiles,
    bytes,
    largest: 20e6,
    seed,
  })
}

function contenders(lab: Lab, { served, projects }: Stocked, { withTen }: Case): Contender[] {
  const { place, scratch } = lab
  const names = projects.map(({ normalizedName }) => normalizedName)
  const urls = [...documentUrls(place.url, names), ...fileUrls(place.url, projects)]
  const first = (tool: Tool, name: string, mirror: Readonly<Record<string, string>> = {}): Contender => ({
    name,
    served,
    before: () => rmSync(tool.directory('wan'), { recursive: true, force: true }),
    run: () => tool.run('wan', ['mirror'], { mirror }),
  })
  const [ours] = lab.tools
  return [
    { name: CURL, served, run: () => fetchAll(urls, { place, scratch, workers: STREAMS }) },
    ...lab.tools.map((tool) => first(tool, tool.name)),
    ...(withTen === true ? [first(ours, TEN, { 'max-requests': '10' })] : []),
  ]
}

/** Has the connections of each run counted at the link. */
function counting(link: Link, contender: Contender): Contender {
  return {
    ...contender,
    async run() {
      await link.connections()
      const usage = await contender.run()
      return { ...usage, connections: (await link.connections()).mostOpen }
    },
  }
}

/** A first sync over a link with delay and rate, beside curl. */
function wan(how: Case): Row {
  return async (lab) => {
    const { roundTrip, mbit, loss = 0 } = how
    const reason = whyNoLink()
    if (reason !== undefined) return { title: `skipped: ${reason}`, measured: [], checks: [] }
    const link = await openLink(lab.scratch, how)
    const directory = join(lab.scratch, `link-${roundTrip}-${mbit}-${loss}`)
    const far = lab.at(await choosePlace(directory, lab.options, link.network))
    try {
      const stocked = await stock(far, how.kind)
      const all = contenders(far, stocked, how)
      const runs = await far.alternate(all.map((contender) => counting(link, contender)))
      for (const tool of far.tools) rmSync(tool.directory('wan'), { recursive: true, force: true })
      const lossy = loss > 0 ? `, ${loss} % loss` : ''
      return {
        title: `first sync over ${roundTrip} ms and ${mbit} Mbit/s${lossy}, ${describe(stocked)}`,
        measured: measuredOf(runs),
        checks: [
          wallRatio(runs, [OURS, CURL], how.atMost),
          most(runs, OURS, STREAMS),
          ...(how.withTen === true ? [wallRatio(runs, [OURS, TEN], 0.2)] : []),
        ],
      }
    } finally {
      await far.close()
      await link.close()
    }
  }
}

export const wanSmall = wan({ kind: 'small', roundTrip: 40, mbit: 1000, atMost: 1.25, withTen: true })
export const wanBig = wan({ kind: 'big', roundTrip: 40, mbit: 1000, atMost: 1.1 })
export const wanLoss = wan({ kind: 'small', roundTrip: 40, mbit: 1000, loss: 1, atMost: 1.2 })
export const wanSlow = wan({ kind: 'small', roundTrip: 40, mbit: 20, atMost: 1.05 })
export const wanNear = wan({ kind: 'small', roundTrip: 20, mbit: 1000, atMost: 1.25 })
export const wanFar = wan({ kind: 'small', roundTrip: 150, mbit: 1000, atMost: 1.25 })
export const wanMiddle = wan({ kind: 'small', roundTrip: 80, mbit: 1000, atMost: 1.25 })
