import type { ProjectCandidates } from './candidates.js'
import { candidatesFor } from './candidates.js'
import type { FileSelector } from '../packaging/file-selector.js'
import { createLineReader } from './requirement-cache.js'
import type { ParsedLine } from './requirement-cache.js'
import { isSdist } from '../packaging/file-selector.js'
import { contains } from '../packaging/specifier.js'
import type { CandidateFile, ClosureNote, ClosureOracle, Missing } from './types.js'

/** What a file needs, read. */
export interface ParsedRequirements {
  readonly requires: readonly ParsedLine[]
  readonly buildRequires: readonly ParsedLine[]
  readonly notes: readonly ClosureNote[]
}

/** The oracle's answers, each asked for once for all environments. */
export interface Catalog {
  candidatesOf(name: string): Promise<ProjectCandidates | undefined>
  requirementsOf(name: string, version: string, file: CandidateFile): Promise<ParsedRequirements>
  /** why none of the releases that were asked for meets a requirement */
  whyMissing(line: ParsedLine): Missing['reason']
}

/** @param selectors of all environments: files that none of them can install are forgotten at once */
export function createCatalog(oracle: ClosureOracle, selectors: readonly FileSelector[]): Catalog {
  const read = createLineReader()
  const asked = new Map<string, Promise<ProjectCandidates | undefined>>()
  const known = new Map<string, ProjectCandidates | undefined>()
  const requirements = new Map<string, Promise<ParsedRequirements>>()

  async function readFile(name: string, version: string, file: CandidateFile): Promise<ParsedRequirements> {
    const from = { name, version }
    const answer = await oracle.metadataOf(name, version, file)
    const notes: ClosureNote[] = []
    if (answer === undefined) notes.push({ kind: 'no-metadata', from, detail: file.filename })
    if (answer?.note !== undefined) notes.push({ kind: 'metadata-source', from, detail: answer.note })
    const parse = (lines: readonly string[]): ParsedLine[] =>
      lines.flatMap((line) => {
        const parsed = read(line)
        if (parsed === undefined) notes.push({ kind: 'unreadable-requirement', from, detail: line })
        else if (parsed.requirement.url !== null) notes.push({ kind: 'direct-reference', from, detail: line })
        return parsed === undefined || parsed.requirement.url !== null ? [] : [parsed]
      })
    return { requires: parse(answer?.requires ?? []), buildRequires: parse(answer?.buildRequires ?? []), notes }
  }

  return {
    candidatesOf(name) {
      const before = asked.get(name)
      if (before !== undefined) return before
      const answer = oracle.releasesOf(name).then((releases) => {
        const project = releases && candidatesFor(releases, selectors)
        known.set(name, project)
        return project
      })
      asked.set(name, answer)
      return answer
    },
    requirementsOf(name, version, file) {
      const key = JSON.stringify([name, version, metadataGroup(file)])
      const answer = requirements.get(key) ?? readFile(name, version, file)
      requirements.set(key, answer)
      return answer
    },
    whyMissing({ name, requirement }) {
      const project = known.get(name)
      if (project === undefined) return 'no-project'
      const versions = [...project.candidates.map(({ parsed }) => parsed), ...project.unusable]
      const fits = versions.some((version) => contains(requirement.specifier, version))
      return fits ? 'no-file' : 'no-version'
    },
  }
}

/** Wheels of one release say the same, as far as the page does not tell otherwise; an sdist may differ from them. */
function metadataGroup({ filename, metadataKey }: CandidateFile): string {
  return metadataKey ?? (isSdist(filename) ? filename : '*.whl')
}
