import { createLineReader } from './requirement-cache.js'
import type { ParsedLine } from './requirement-cache.js'
import { isSdist } from './release-files.js'
import { contains } from '../packaging/specifier.js'
import { parseVersion } from '../packaging/version.js'
import type { CandidateFile, CandidateRelease, ClosureNote, ClosureOracle, Missing } from './types.js'

/** What a file needs, read. */
export interface ParsedRequirements {
  readonly requires: readonly ParsedLine[]
  readonly buildRequires: readonly ParsedLine[]
  readonly notes: readonly ClosureNote[]
}

/** The oracle's answers, each asked for once for all environments. */
export interface Catalog {
  releasesOf(name: string): Promise<readonly CandidateRelease[] | undefined>
  requirementsOf(name: string, version: string, file: CandidateFile): Promise<ParsedRequirements>
  /** why none of the releases that were asked for meets a requirement */
  whyMissing(line: ParsedLine): Missing['reason']
}

export function createCatalog(oracle: ClosureOracle): Catalog {
  const read = createLineReader()
  const asked = new Map<string, Promise<readonly CandidateRelease[] | undefined>>()
  const known = new Map<string, readonly CandidateRelease[] | undefined>()
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
    releasesOf(name) {
      const before = asked.get(name)
      if (before !== undefined) return before
      const answer = oracle.releasesOf(name).then((releases) => {
        known.set(name, releases)
        return releases
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
      const releases = known.get(name)
      if (releases === undefined) return 'no-project'
      const fits = releases.some(({ version }) => {
        const parsed = parseVersion(version)
        return parsed !== undefined && contains(requirement.specifier, parsed)
      })
      return fits ? 'no-file' : 'no-version'
    },
  }
}

/** Wheels of one release say the same, as far as the page does not tell otherwise; an sdist may differ from them. */
function metadataGroup({ filename, metadataKey }: CandidateFile): string {
  return metadataKey ?? (isSdist(filename) ? filename : '*.whl')
}
