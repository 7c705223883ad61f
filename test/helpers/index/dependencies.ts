import { normalizeName } from '../../../src/packaging/name.js'
import { parseRequirement } from '../../../src/packaging/requirement.js'
import type { PackageIndex } from './package-index.js'
import { releaseMetadata } from './releases.js'

/**
 * Normalized names of the projects given and of all that any release of theirs may require, so far as the index has
 * them. Markers are not evaluated, but for extras: what an extra requires counts where somebody asks for extras.
 */
export function withDependencies(index: PackageIndex, names: readonly string[]): string[] {
  const found = new Map<string, { extras: boolean }>()
  const queue = names.map((name) => ({ name, extras: false }))
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const project = index.projects.get(normalizeName(next.name))
    if (project === undefined) continue
    const known = found.get(project.normalizedName)
    if (known !== undefined && (known.extras || !next.extras)) continue
    found.set(project.normalizedName, next)
    const required = [...project.releases.values()].flatMap((release) => releaseMetadata(release).all('Requires-Dist'))
    for (const text of required) {
      const requirement = parseRequirement(text)
      if (requirement === undefined) continue
      if (!next.extras && /\bextra\b/.test(requirement.marker ?? '')) continue
      queue.push({ name: requirement.name, extras: requirement.extras.length > 0 })
    }
  }
  return [...found.keys()].sort()
}
