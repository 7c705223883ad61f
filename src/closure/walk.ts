import type { Environment } from '../packaging/environment.js'
import type { MarkerEvaluator } from '../packaging/marker-evaluate.js'
import { createMarkerEvaluator } from '../packaging/marker-evaluate.js'
import type { Activation, Demands } from './demands.js'
import { createDemands } from './demands.js'
import type { ParsedLine } from './requirement-cache.js'
import type { FileSelector } from '../packaging/file-selector.js'
import { isSdist } from '../packaging/file-selector.js'
import type { Catalog } from './catalog.js'
import type { ClosureNote, ClosureOptions, Missing, Requirer } from './types.js'

/** A requirement that counts in one environment. */
export interface Step {
  readonly from: Requirer
  readonly line: ParsedLine
  readonly isBuild: boolean
}

/** Values by requirement and requirer: one short text for each requirer, as there are many requirements. */
export interface StepMap<T> {
  get(step: Step): T | undefined
  set(step: Step, value: T): void
  values(): IterableIterator<T>
}

export function createStepMap<T>(): StepMap<T> {
  const requirers = new Map<string, Map<string, T>>()
  const keyOf = ({ from, isBuild }: Step): string => `${from.name}\0${from.version ?? ''}\0${isBuild ? 'build' : ''}`
  return {
    get: (step) => requirers.get(keyOf(step))?.get(step.line.line),
    set(step, value) {
      const key = keyOf(step)
      const lines = requirers.get(key) ?? new Map<string, T>()
      requirers.set(key, lines.set(step.line.line, value))
    },
    *values() {
      for (const lines of requirers.values()) yield* lines.values()
    },
  }
}

/** An environment with what decides about files for it. */
export interface Target {
  readonly environment: Environment
  readonly selector: FileSelector
}

/** What one environment needs. */
export interface Walk extends Target {
  /** project -> version -> the step that first kept it; the steps are shortest chains from a root */
  readonly kept: ReadonlyMap<string, ReadonlyMap<string, Step>>
  readonly steps: readonly Step[]
  readonly missing: readonly { readonly step: Step; readonly reason: Missing['reason'] }[]
  readonly notes: readonly ClosureNote[]
}

interface Work extends Activation {
  readonly name: string
}

interface WalkOptions extends Pick<ClosureOptions, 'versions' | 'buildRequires'> {
  readonly catalog: Catalog
  /** is told of each project that is needed for the first time; true: go on */
  readonly onProject: (name: string) => boolean
}

/**
 * Follows the requirements from the roots in one environment, until nothing new is needed or `onProject` stops it.
 * It goes in waves: what a wave needs is asked for at the same time, and the order of the answers does not matter.
 */
export async function walkEnvironment(
  { environment, selector }: Target,
  roots: readonly Step[],
  options: WalkOptions,
): Promise<Walk> {
  const { catalog } = options
  const evaluator = createMarkerEvaluator(environment.variables)
  const projects = new Map<string, Demands>()
  const kept = new Map<string, Map<string, Step>>()
  const seen = createStepMap<Step>()
  const missing: { step: Step; reason: Missing['reason'] }[] = []
  const notes: ClosureNote[] = []

  async function load(name: string): Promise<void> {
    const project = await catalog.candidatesOf(name)
    projects.set(name, createDemands(project?.candidates ?? [], selector, options.versions))
  }

  function demand(step: Step, work: Work[]): void {
    const { name } = step.line
    const only = step.from.name === name && !step.isBuild ? step.from.version : undefined
    const result = projects.get(name)?.add(step.line, only)
    if (result === undefined) return
    if (!result.isMet) missing.push({ step, reason: catalog.whyMissing(step.line) })
    const releases = kept.get(name) ?? new Map<string, Step>()
    for (const activation of result.activations) {
      if (!releases.has(activation.version)) releases.set(activation.version, step)
      work.push({ name, ...activation })
    }
    if (releases.size > 0) kept.set(name, releases)
  }

  async function follow(work: readonly Work[]): Promise<Step[]> {
    const found = await Promise.all(
      work.map((one) => stepsOf(one, { catalog, evaluator, notes, buildRequires: options.buildRequires })),
    )
    return found.flat().filter((step) => {
      const isNew = seen.get(step) === undefined
      if (isNew) seen.set(step, step)
      return isNew
    })
  }

  let wave = roots.filter(({ line }) => counts(line, '', evaluator) !== false)
  for (const step of wave) seen.set(step, step)
  while (wave.length > 0) {
    const names = [...new Set(wave.map(({ line }) => line.name))].filter((name) => !projects.has(name))
    if (!names.every((name) => options.onProject(name))) break
    await Promise.all(names.map(load))
    const work: Work[] = []
    for (const step of wave) demand(step, work)
    wave = await follow(work)
  }
  return { environment, selector, kept, steps: [...seen.values()], missing, notes }
}

interface StepContext extends Pick<ClosureOptions, 'buildRequires'> {
  readonly catalog: Catalog
  readonly evaluator: MarkerEvaluator
  readonly notes: ClosureNote[]
}

/** What a release needs for one of its extras, or for itself and to be built. */
async function stepsOf(
  { name, version, file, extra }: Work,
  { catalog, evaluator, notes, buildRequires }: StepContext,
): Promise<Step[]> {
  const from = { name, version }
  const needs = await catalog.requirementsOf(name, version, file)
  const steps: Step[] = []
  const follow = (line: ParsedLine, isBuild: boolean): void => {
    const truth = counts(line, extra, evaluator)
    if (truth === 'error') notes.push({ kind: 'marker-error', from, detail: line.line })
    if (truth !== false) steps.push({ from, line, isBuild })
  }
  for (const line of needs.requires) follow(line, false)
  const isBuilt = buildRequires === 'always' || (buildRequires === 'when-needed' && isSdist(file.filename))
  if (extra === '' && isBuilt) for (const line of needs.buildRequires) follow(line, true)
  if (extra === '') notes.push(...needs.notes)
  return steps
}

/** Only what a marker denies for certain is left out. */
function counts({ requirement }: ParsedLine, extra: string, evaluator: MarkerEvaluator): boolean | 'error' {
  if (requirement.markerTree === null) return extra === ''
  const truth = evaluator.evaluate(requirement.markerTree, [extra])
  return truth === 'error' ? 'error' : truth !== 'false'
}
