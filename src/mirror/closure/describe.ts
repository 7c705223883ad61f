import type { Edge, WhyLink } from '../../closure/types.js'
import { normalizeName } from '../../packaging/name.js'
import type { Context } from '../run/context.js'
import { findNeeds } from './plan-closure.js'
import type { FoundNeeds } from './plan-closure.js'
import type { ClosureRun, MissingLine } from './types.js'

export interface NeededFile {
  readonly filename: string
  /** bytes; undefined where upstream does not say */
  readonly size: number | undefined
}

/** A project that the requirements or lock files need. */
export interface NeededProject {
  readonly name: string
  /** newest first; without those that only lock files pin */
  readonly versions: readonly string[]
  readonly files: readonly NeededFile[]
  /** bytes of the files whose size is known */
  readonly bytes: number
  readonly neededBy: readonly Edge[]
}

/** What is needed, as data: `bandersnatch closure`. */
export interface Needs {
  readonly environments: readonly string[]
  readonly projects: readonly NeededProject[]
  readonly missing: readonly MissingLine[]
  readonly failures: readonly MissingLine[]
  /** The shortest chain of requirements to a project; [] where none leads there. */
  why(name: string): readonly WhyLink[]
}

const NO_CHANGES = {
  list: undefined,
  changelog: new Map(),
  removed: new Set<string>(),
  wentBack: false,
  tellsAbsence: false,
}

/** What is needed by what the last run found out; upstream is asked only for what no run asked for. Changes nothing. */
export async function describeNeeds(context: Context, closure: ClosureRun): Promise<Needs> {
  context.progress.phase('Finding out what is needed')
  const question = { changes: NO_CHANGES, ledgerSerial: () => undefined, forced: false, readOnly: true }
  const found = await findNeeds(context, closure, question)
  const { members, missing, failures } = found.plan
  return {
    environments: closure.setup.options.environments.map(({ name }) => name),
    projects: [...members.keys()].sort().map((name) => neededProject(found, name)),
    ...{ missing, failures },
    why: (name) => found.closure.why(normalizeName(name)),
  }
}

function neededProject({ plan, closure, facts }: FoundNeeds, name: string): NeededProject {
  const member = plan.members.get(name)
  const known = (facts.get(name)?.releases ?? []).flatMap((release) => release.files)
  const sizes = new Map(known.map(({ filename, size }) => [filename, size]))
  const files = [...(member?.files ?? [])].map((filename) => ({ filename, size: sizes.get(filename) }))
  return {
    ...{ name, files },
    versions: closure.members.get(name)?.releases.map(({ version }) => version) ?? [],
    bytes: files.reduce((sum, { size = 0 }) => sum + size, 0),
    neededBy: member?.neededBy ?? [],
  }
}
