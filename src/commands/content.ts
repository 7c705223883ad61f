import { setFlagsFromString } from 'node:v8'
import type { Gate } from '../attestations/gate.js'
import { shapeOf } from '../config/shape.js'
import type { Config } from '../config/types.js'
import { ConfigError } from '../errors.js'
import { loadFilters } from '../filters/index.js'
import type { AdvisoryLookup } from '../filters/context.js'
import type { Advises, Filters } from '../filters/types.js'
import type { Log } from '../log/types.js'
import { createClosureRun } from '../mirror/closure/create.js'
import type { ClosureRun } from '../mirror/closure/types.js'
import { makeShape, shapeLookup } from '../mirror/plan/shape.js'
import type { Shape } from '../mirror/plan/shape.js'

/** Everything in the configuration that decides what is served: filters, requirements, attestations, and their fingerprints. */
export interface Content {
  readonly filters: Filters
  readonly closure: ClosureRun | undefined
  readonly gate: Gate | undefined
  readonly shape: Shape
  /** id of the shape that a project's pages must have */
  readonly shapeOf: (name: string) => string
}

export interface ContentOptions {
  /** what relative paths in the configuration start from */
  readonly directory: string
  /** milliseconds since the epoch: the time of the run */
  readonly now: number
  /** what advisories say; undefined: nobody asks them */
  readonly advisories: AdvisoryLookup | undefined
  /** attestations are checked even where the configuration says `check = off` */
  readonly checksAttestations: boolean
  readonly log: Pick<Log, 'warn'>
}

/** Reads what the configuration says of the content. @throws ConfigError */
export async function openContent(
  config: Pick<Config, 'file' | 'mirror' | 'closure' | 'attestations' | 'enabledPlugins'>,
  { directory, now, advisories, checksAttestations, log }: ContentOptions,
): Promise<Content> {
  const { file, mirror, attestations } = config
  const plugins = await loadFilters(file, config.enabledPlugins, { directory, now, advisories })
  const { closure, filters } = withClosure(config, plugins, directory)
  for (const warning of [...plugins.warnings, ...(closure?.setup.warnings ?? [])]) log.warn(warning)
  const gate = await gateOf(config, { checksAttestations, log })
  const deciding = attestations.check === 'off' ? undefined : gate
  const options = shapeOf(mirror)
  const shape =
    deciding === undefined
      ? makeShape(options, filters)
      : makeShape({ ...options, attestations: deciding.settings }, filters, deciding.projects)
  const advises = filters.advisories?.advises
  const lookup = shapeLookup(shape, {
    ...(advises === undefined ? {} : { advisories: (name) => advisedText(advises, name) }),
    ...(deciding === undefined ? {} : { publishers: (name) => deciding.projects.get(name) ?? '' }),
    ...(closure === undefined ? {} : { selection: (name: string) => closure.selection.textOf(name) }),
  })
  return { filters, closure, gate, shape, shapeOf: lookup }
}

/** Decides by attestations. Its code is loaded only where it is asked for. @throws ConfigError */
async function gateOf(
  { file, mirror, attestations }: Pick<Config, 'file' | 'mirror' | 'attestations'>,
  { checksAttestations, log }: Pick<ContentOptions, 'checksAttestations' | 'log'>,
): Promise<Gate | undefined> {
  const { check, publishers } = attestations
  if (checksAttestations && mirror.integrityUrl === undefined)
    throw new ConfigError('verify --attestations needs provenance = true in [mirror]: else there are none to check')
  if (check === 'off' && publishers.length === 0 && !checksAttestations) return undefined
  const { openGate } = await import('./attestations.js')
  return openGate({ file, attestations }, { always: checksAttestations, log })
}

/** The filters with what [closure] adds to them. */
function withClosure(
  { file, closure }: Pick<Config, 'file' | 'closure'>,
  filters: Filters,
  directory: string,
): { readonly closure: ClosureRun | undefined; readonly filters: Filters } {
  if (closure === undefined) return { closure, filters }
  // A closure of thousands of projects leaves more garbage than it needs memory: V8 is to collect it earlier.
  setFlagsFromString('--heap-growing-percent=50')
  return createClosureRun({ file, closure, directory }, filters)
}

function advisedText(advises: Advises, name: string): string {
  const known = advises.fingerprint(name)
  return known === '' ? '' : `${advises.action} ${known}`
}
