import type { CandidateFile, CandidateRelease, ClosureOracle, FileRequirements } from './types.js'

/** What an earlier run learnt of a project, as plain data that can be stored. */
export interface ProjectFacts {
  /** null: upstream has no such project */
  readonly releases: readonly CandidateRelease[] | null
  /** what files need, by `factsKey` */
  readonly requirements: Readonly<Record<string, FileRequirements>>
}

/** A file whose name and digest are the same says the same. */
export function factsKey({ filename, digest }: CandidateFile): string {
  return digest === undefined ? filename : `${filename}#${digest}`
}

export interface Memory {
  readonly oracle: ClosureOracle
  /** what this run used, by name; what nobody asked for any more is forgotten */
  facts(): ReadonlyMap<string, ProjectFacts>
}

/**
 * An oracle that answers from an earlier run and asks another one only for projects that changed and files that are new.
 * @param isChanged whether upstream's page of a project is another than the one that was remembered
 */
export function rememberFacts(
  oracle: ClosureOracle,
  previous: ReadonlyMap<string, ProjectFacts>,
  isChanged: (name: string) => boolean,
): Memory {
  const releases = new Map<string, readonly CandidateRelease[] | null>()
  const requirements = new Map<string, Record<string, FileRequirements>>()
  return {
    oracle: {
      async releasesOf(name) {
        const before = isChanged(name) ? undefined : previous.get(name)?.releases
        const answer = before === undefined ? ((await oracle.releasesOf(name)) ?? null) : before
        releases.set(name, answer)
        return answer ?? undefined
      },
      async metadataOf(name, version, file) {
        const key = factsKey(file)
        const answer = previous.get(name)?.requirements[key] ?? (await oracle.metadataOf(name, version, file))
        // An answer that nobody could give is asked for again.
        if (answer !== undefined) requirements.set(name, { ...requirements.get(name), [key]: answer })
        return answer
      },
    },
    facts: () =>
      new Map(
        [...releases].map(([name, each]) => [name, { releases: each, requirements: requirements.get(name) ?? {} }]),
      ),
  }
}
