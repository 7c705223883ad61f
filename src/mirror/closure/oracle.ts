import pLimit from 'p-limit'
import { matchLocked } from '../../closure/locks/match.js'
import type { CandidateFile, CandidateRelease, ClosureOracle } from '../../closure/types.js'
import { errorText } from '../../errors.js'
import { keepsMetadata, keepsProject, sift } from '../../filters/apply.js'
import type { Filters } from '../../filters/types.js'
import { isQuarantined } from '../../model/page.js'
import { isSafeProjectName } from '../../model/layout.js'
import type { Project } from '../../model/project.js'
import { mostRequests } from '../../upstream/http/concurrency.js'
import { createFileSelector } from '../../packaging/file-selector.js'
import { askPage, fetchProject, fromPageAlone } from '../project/fetch-project.js'
import { throwIfStopped } from '../run/context.js'
import type { Context } from '../run/context.js'
import { isProjectFault } from '../run/fault.js'
import type { Locked } from './facts.js'
import { askRequirements } from './metadata.js'
import { candidateReleases, createFilePlaces } from './releases.js'
import type { ClosureSetup } from './types.js'

/** What upstream said of a project in this run. */
export interface Answer {
  readonly serial: number
  /** when the filters decide otherwise, in milliseconds since the epoch; undefined: never */
  readonly due: number | undefined
  readonly locked: Locked | undefined
}

export interface UpstreamOracle {
  readonly oracle: ClosureOracle
  /** by project, what was asked and answered in this run */
  readonly answers: ReadonlyMap<string, Answer>
  /** by project, why it could not be asked */
  readonly failures: ReadonlyMap<string, string>
  /** by project, which filter drops it */
  readonly dropped: ReadonlyMap<string, string>
  /** Nothing more will be asked: what was remembered for it is given back. */
  end(): void
}

export interface OracleOptions {
  readonly setup: ClosureSetup
  /** the filters beside the closure */
  readonly filters: Filters
  /** serial that upstream's page must at least have; 0: any */
  readonly requiredSerial: (name: string) => number
  /** upstream says that it has no such project, so a 404 can be believed even of a project that it had */
  readonly isGone: (name: string) => boolean
  /** what an earlier run knew of the project */
  readonly before: (name: string) => readonly CandidateRelease[] | undefined
  /** nothing is stored */
  readonly readOnly: boolean
}

/** Answers what the closure asks by asking upstream. What cannot be asked is noted; faults of the run are thrown. */
export function createUpstreamOracle(context: Context, options: OracleOptions): UpstreamOracle {
  const { setup, filters, readOnly } = options
  const { environments, sdists, buildRequires } = setup.options
  const selectors = environments.map((one) => createFileSelector(one, sdists))
  const places = createFilePlaces()
  const answers = new Map<string, Answer>()
  const failures = new Map<string, string>()
  const dropped = new Map<string, string>()
  const turn = pLimit(mostRequests(context.config.maxRequests))

  async function askProject(name: string): Promise<Project | undefined> {
    const required = options.requiredSerial(name)
    if (filters.needsMetadata) {
      const fetched = await fetchProject(context, name, required)
      return typeof fetched === 'string' ? undefined : fetched.project
    }
    const page = await askPage(context, name, required)
    return page === 'gone' || isQuarantined(page.json) ? undefined : fromPageAlone(page, name).project
  }

  async function ask(name: string): Promise<Project | undefined> {
    throwIfStopped(context)
    const byName = keepsProject(filters, name)
    if (!byName.keep) dropped.set(name, byName.reason ?? 'dropped by a filter')
    if (!isSafeProjectName(name) || !byName.keep) return undefined
    const project = await askProject(name)
    if (project === undefined || keepsMetadata(filters, project)) return project
    dropped.set(name, 'dropped by a metadata filter')
    return undefined
  }

  /** @returns undefined where it could not be asked */
  async function tried<T>(name: string, work: () => Promise<T>): Promise<T | 'failed'> {
    try {
      return await turn(work)
    } catch (error) {
      throwIfStopped(context)
      if (!isProjectFault(error)) throw error
      context.log.error(`${name}: what it needs cannot be found out: ${errorText(error)}`)
      failures.set(name, errorText(error))
      return 'failed'
    }
  }

  function lockedOf(project: Project): Locked | undefined {
    const pinned = setup.locked.get(project.name)
    if (pinned === undefined) return undefined
    const matches = pinned.map((one) => matchLocked(one, project.releases))
    return {
      files: [...new Set(matches.flatMap(({ files }) => files))],
      problems: matches.flatMap(({ problems }) => problems),
    }
  }

  const oracle: ClosureOracle = {
    async releasesOf(name) {
      const project = await tried(name, () => ask(name))
      const before = options.before(name)
      if (project === 'failed') return before
      if (project === undefined && before !== undefined && !options.isGone(name) && !dropped.has(name)) {
        failures.set(name, 'upstream lists it, but answers 404 for its page')
        return before
      }
      if (project === undefined) {
        answers.set(name, { serial: 0, due: undefined, locked: undefined })
        return undefined
      }
      places.add(project)
      const sifted = sift(filters, project)
      answers.set(name, { serial: project.lastSerial, due: sifted.due, locked: lockedOf(project) })
      return candidateReleases(sifted.project, selectors)
    },
    async metadataOf(name, version, { filename }: CandidateFile) {
      const withBuild = buildRequires !== 'never'
      const needs = await tried(name, async () => {
        if (places.get(name, filename) === undefined) {
          // An earlier run knew the project, but nobody needed this release then.
          const project = await ask(name)
          if (project !== undefined) places.add(project)
        }
        const file = places.get(name, filename)
        const sdist = buildRequires === 'always' ? places.sdistOf(name, version) : undefined
        return file && askRequirements(context, { name, version, file, sdist, withBuild, readOnly })
      })
      return needs === 'failed' ? undefined : needs
    },
  }
  return { oracle, answers, failures, dropped, end: () => places.clear() }
}
