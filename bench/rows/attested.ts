import { rmSync } from 'node:fs'
import { rootOf } from '../attested.js'
import { measuredOf, wallPerFile, wallRatio } from '../checks.js'
import type { Contender } from '../lab.js'
import type { Settings } from '../tool.js'
import { SEED } from '../upstreams.js'
import type { Stocked } from '../upstreams.js'
import type { Row } from './row.js'
import { describe } from './sync.js'

const OURS = 'bandersnatch'
const IDLE = 'checking, nothing attested'
const ATTESTED = 'checking, all attested'
const FILE_BYTES = 5000
/** Of a first sync that checks attestations where there are none. */
const IDLE_RATIO = 1.05
/** Milliseconds for a file: its provenance fetched, verified and stored. */
const FILE_MS = 15

/** First syncs with and without attestations, of files that have some and of files that have none. */
export const attested: Row = async (lab) => {
  const {
    upstreams,
    tools: [ours],
    options: { sizes },
  } = lab
  const files = sizes.attested
  const sized = { projects: Math.ceil(files / 20), files, bytes: files * FILE_BYTES, largest: 64 * 1024, seed: SEED }
  const plain = await upstreams.withFiles('attested', sized)
  const signed = await upstreams.withFiles('attested', sized, { attested: true })
  const sync = (name: string, { served }: Stocked, settings: Settings = {}): Contender => ({
    name,
    served,
    before: () => rmSync(ours.directory('attested'), { recursive: true, force: true }),
    run: () => ours.run('attested', ['mirror'], settings),
  })
  const runs = await lab.alternate([
    sync(OURS, plain),
    sync(IDLE, plain, checking('warn')),
    sync(ATTESTED, signed, checking('require', rootOf(signed.served.documents))),
  ])
  rmSync(ours.directory('attested'), { recursive: true })
  return {
    title: `first sync that checks attestations, ${describe(plain)}`,
    measured: measuredOf(runs),
    checks: [
      wallRatio(runs, [IDLE, OURS], IDLE_RATIO),
      wallPerFile(runs, [ATTESTED, OURS], { files, atMost: FILE_MS }),
    ],
  }
}

function checking(mode: 'warn' | 'require', root?: string): Settings {
  const trusted = root === undefined ? '' : `trusted-root = ${root}\n`
  return {
    mirror: { provenance: 'true', 'integrity-url': 'https://mirror.example' },
    text: `[attestations]\ncheck = ${mode}\n${trusted}`,
  }
}
