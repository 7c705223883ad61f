import { createHash } from 'node:crypto'
import { computeClosure } from '../../closure/close.js'
import { rememberFacts } from '../../closure/remember.js'
import type { Closure, ClosureNote, Edge, TooLarge } from '../../closure/types.js'
import { counted } from '../../count.js'
import { ConfigError } from '../../errors.js'
import type { Filters } from '../../filters/types.js'
import { normalizeName } from '../../packaging/name.js'
import { makeShape, projectFiltersOf } from '../plan/shape.js'
import type { UpstreamChanges } from '../plan/types.js'
import type { Context } from '../run/context.js'
import { loadFacts, saveFacts } from './facts.js'
import type { MemberFacts, StoredFacts } from './facts.js'
import { missingLines } from './missing.js'
import { createUpstreamOracle } from './oracle.js'
import type { UpstreamOracle } from './oracle.js'
import { placeText } from './roots.js'
import { lockedKey } from './setup.js'
import type { ClosureRun, ClosurePlan, ClosureSetup, PlannedMember } from './types.js'

export interface ClosureQuestion {
  /** what upstream says that changed */
  readonly changes: Pick<UpstreamChanges, 'list' | 'changelog' | 'removed' | 'wentBack' | 'tellsAbsence'>
  /** serial of the pages that the mirror has of a project */
  readonly ledgerSerial: (name: string) => number | undefined
  /** nothing that an earlier run found out is believed: `--force-check` */
  readonly forced: boolean
  /** nothing is written */
  readonly readOnly: boolean
}

/** Finds out what is needed now, and tells the selection. @throws ConfigError as `findNeeds` */
export async function planClosure(
  context: Context,
  closure: ClosureRun,
  question: ClosureQuestion,
): Promise<ClosurePlan> {
  context.progress.phase('Finding out what is needed')
  const { plan, closure: found } = await findNeeds(context, closure, question)
  closure.selection.set(new Map([...plan.members].map(([name, { files }]) => [name, files])))
  report(context, plan, found.notes)
  return plan
}

/** What is needed, and why. */
export interface FoundNeeds {
  readonly plan: ClosurePlan
  readonly closure: Closure
  readonly facts: ReadonlyMap<string, MemberFacts>
}

/**
 * Finds out which projects and files the requirements need now. Only what changed since the last run is asked for.
 * @throws ConfigError where more projects are needed than `limit` allows
 */
export async function findNeeds(
  context: Context,
  { setup, filters }: Pick<ClosureRun, 'setup' | 'filters'>,
  question: ClosureQuestion,
): Promise<FoundNeeds> {
  const stored = await loadFacts(context.storage)
  const { claims, listed } = claimedSerials(question, stored.projects)
  const basisOf = basis(setup, filters)
  const upstream = createUpstreamOracle(context, {
    ...{ setup, filters, readOnly: question.readOnly },
    requiredSerial: (name) => claims.get(name) ?? 0,
    isGone: isGone(question, listed),
    before: (name) => stored.projects.get(name)?.releases ?? undefined,
  })
  const isChanged = (name: string): boolean => {
    const before = stored.projects.get(name)
    const claimed = claims.get(name)
    if (before === undefined || question.forced || before.basis !== basisOf(name)) return true
    if (question.changes.list?.hasSerials === false) return true
    if (before.due !== undefined && before.due <= context.startedAt.getTime()) return true
    // `sync` or another run saw it in a newer state.
    if ((question.ledgerSerial(name) ?? 0) > before.serial) return true
    return claimed !== undefined && (question.changes.wentBack ? claimed !== before.serial : claimed > before.serial)
  }
  const memory = rememberFacts(upstream.oracle, stored.projects, isChanged)
  for (const name of setup.locked.keys()) await memory.oracle.releasesOf(name)
  const result = await computeClosure(setup.roots, memory.oracle, setup.options)
  upstream.end()
  if (!result.ok) throw tooLarge(setup, result.tooLarge)
  const facts = factsNow({ upstream, stored, basisOf, facts: memory.facts() })
  const decided = membersOf(setup, result.closure, facts)
  const members = upstream.failures.size === 0 ? decided : withEarlier(decided, stored.projects)
  if (!question.readOnly) await keepFacts(context, { facts, members, stored })
  const failures = [...upstream.failures].map(([project, reason]) => ({ project, reason }))
  const missing = missingLines({ closure: result.closure, setup, facts, upstream })
  const times = [...facts.values()].flatMap(({ due = Infinity }) => due)
  const due = times.reduce((first, time) => Math.min(first, time), Infinity)
  const plan = { members, missing, failures, due: due === Infinity ? undefined : due }
  return { plan, closure: result.closure, facts }
}

/** What upstream says of the projects that the last run knew, and what the changelog says of others. */
function claimedSerials(
  { changes }: ClosureQuestion,
  known: ReadonlyMap<string, MemberFacts>,
): { readonly claims: ReadonlyMap<string, number>; readonly listed: ReadonlySet<string> } {
  const claims = new Map<string, number>()
  const listed = new Set<string>()
  const claim = (name: string, serial: number): void => {
    claims.set(name, Math.max(serial, claims.get(name) ?? 0))
  }
  for (const [rawName, serial] of changes.list?.projects ?? []) {
    const name = normalizeName(rawName)
    if (!known.has(name)) continue
    listed.add(name)
    claim(name, serial)
  }
  for (const [rawName, serial] of changes.changelog) claim(normalizeName(rawName), serial)
  return { claims, listed }
}

/** A list that tells what is gone, or the changelog, says that there is no such project any more. */
function isGone({ changes }: ClosureQuestion, listed: ReadonlySet<string>): (name: string) => boolean {
  return (name) => {
    if (changes.list === undefined) return changes.removed.has(name)
    return changes.tellsAbsence && !listed.has(name)
  }
}

/** Fingerprint of all that decides what is noted of a project's page. */
function basis({ options, locked }: ClosureSetup, filters: Filters): (name: string) => string {
  const { environments, sdists, buildRequires } = options
  const common = [
    ...[makeShape({}, filters).filters, projectFiltersOf(filters)],
    ...[environments.map(({ text }) => text), sdists, buildRequires === 'never', buildRequires === 'always'],
  ]
  const digest = (value: unknown): string =>
    createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
  const plain = digest(common)
  return (name) => {
    const pinned = locked.get(name)
    const advised = filters.advisories?.advises.fingerprint(name) ?? ''
    if (pinned === undefined && advised === '') return plain
    return digest([plain, pinned === undefined ? '' : lockedKey(pinned), advised])
  }
}

interface Facts {
  readonly upstream: UpstreamOracle
  readonly stored: StoredFacts
  readonly basisOf: (name: string) => string
  readonly facts: ReturnType<ReturnType<typeof rememberFacts>['facts']>
}

/** What this run learnt, and what it took from an earlier one; without what could not be asked. */
function factsNow({ upstream, stored, basisOf, facts }: Facts): Map<string, MemberFacts> {
  const now = new Map<string, MemberFacts>()
  for (const [name, own] of facts) {
    const answer = upstream.answers.get(name)
    const before = stored.projects.get(name)
    const nothing = { files: undefined, neededBy: [] }
    if (answer !== undefined) now.set(name, { ...own, ...answer, ...nothing, basis: basisOf(name) })
    else if (before !== undefined && !upstream.failures.has(name)) now.set(name, { ...before, ...own, ...nothing })
    // What could not be asked is as it was, and the next run asks again.
    else if (before !== undefined) now.set(name, { ...before, ...nothing, basis: '' })
  }
  return now
}

/** What the closure keeps, and what lock files pin. */
function membersOf(
  setup: ClosureSetup,
  closure: Closure,
  facts: ReadonlyMap<string, MemberFacts>,
): Map<string, PlannedMember> {
  const members = new Map<string, PlannedMember>()
  for (const name of new Set([...closure.members.keys(), ...setup.locked.keys()])) {
    const member = closure.members.get(name)
    const locked = facts.get(name)?.locked?.files ?? []
    const files = new Set([...(member?.releases.flatMap((release) => release.files) ?? []), ...locked])
    const pins = (setup.locked.get(name) ?? []).map(({ place, version }): Edge => ({
      ...{ from: { name: placeText(place), version: undefined }, to: name, line: `${name}==${version ?? ''}` },
      ...{ isBuild: false, environments: [] },
    }))
    if (files.size === 0) continue
    members.set(name, {
      serial: facts.get(name)?.serial ?? 0,
      files,
      neededBy: [...(locked.length > 0 ? pins : []), ...(member?.neededBy ?? [])],
    })
  }
  return members
}

/** Where something could not be asked, what was needed before may be needed still. */
function withEarlier(
  members: ReadonlyMap<string, PlannedMember>,
  before: ReadonlyMap<string, MemberFacts>,
): Map<string, PlannedMember> {
  const all = new Map(members)
  for (const [name, { files, serial, neededBy }] of before) {
    if (files === undefined) continue
    const now = all.get(name) ?? { serial, files: new Set<string>(), neededBy }
    all.set(name, { ...now, files: new Set([...now.files, ...files]) })
  }
  return all
}

interface Kept {
  readonly facts: ReadonlyMap<string, MemberFacts>
  readonly members: ReadonlyMap<string, PlannedMember>
  readonly stored: StoredFacts
}

async function keepFacts({ storage }: Context, { facts, members, stored }: Kept): Promise<void> {
  const whole = new Map(
    [...stored.projects]
      .filter(([name]) => members.has(name))
      .concat([...facts])
      .map(([name, own]): [string, MemberFacts] => {
        const member = members.get(name)
        return [name, member === undefined ? own : { ...own, files: [...member.files], neededBy: member.neededBy }]
      }),
  )
  await saveFacts(storage, whole, stored.digest)
}

function report({ log }: Context, { members, missing, failures }: ClosurePlan, notes: readonly ClosureNote[]): void {
  const files = [...members.values()].reduce((sum, member) => sum + member.files.size, 0)
  const lacking = missing.length === 0 ? '' : `, ${counted(missing.length, 'requirement')} that upstream cannot meet`
  log.info(`Needed: ${counted(members.size, 'project')} with ${counted(files, 'release file')}${lacking}`)
  for (const { kind, from, detail } of notes) {
    const who = `${from.name} ${from.version ?? ''}`.trim()
    if (kind === 'metadata-source') log.info(detail)
    else if (kind !== 'no-metadata' || failures.length === 0) log.warn(`${who}: ${NOTES[kind]}: ${detail}`)
  }
}

const NOTES: Readonly<Record<Exclude<ClosureNote['kind'], 'metadata-source'>, string>> = {
  'unreadable-requirement': 'a requirement that cannot be read is passed over',
  'direct-reference': 'a requirement with a URL is passed over, as a mirror cannot have what it names',
  'marker-error': 'a requirement whose marker cannot be evaluated counts',
  'no-metadata': 'what this file needs is not known',
}

function tooLarge({ options }: ClosureSetup, { widest }: TooLarge): ConfigError {
  const shown = widest.slice(0, 3).map(({ root, projects }) => `${root.line} (${counted(projects, 'project')})`)
  return new ConfigError(
    `[closure] limit = ${options.limit}: the requirements need more projects than that. ` +
      `Most are needed by ${shown.join(', ')}, as far as they were followed. Drop some, or raise limit`,
  )
}
