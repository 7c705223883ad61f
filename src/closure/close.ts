import { compareCodePoints } from '../python/code-points.js'
import { createCatalog } from './catalog.js'
import { createFileSelector } from '../packaging/file-selector.js'
import { createClosure } from './result.js'
import { parsedLine } from './requirement-cache.js'
import type { ClosureOptions, ClosureOracle, ClosureResult, Root, TooLarge } from './types.js'
import type { Step, Walk } from './walk.js'
import { walkEnvironment } from './walk.js'

/**
 * Which releases and files a mirror must hold so that the roots can be installed in the environments: the least set that
 * holds, for each requirement that counts, the newest `versions` releases that it admits.
 * The same answers of the oracle give the same result. What the oracle throws is passed on.
 */
export async function computeClosure(
  roots: readonly Root[],
  oracle: ClosureOracle,
  options: ClosureOptions,
): Promise<ClosureResult> {
  const targets = options.environments.map((environment) => {
    return { environment, selector: createFileSelector(environment, options.sdists) }
  })
  const catalog = createCatalog(
    oracle,
    targets.map(({ selector }) => selector),
  )
  const steps = roots.map(({ requirement, line, source }): Step => {
    return { from: { name: source, version: undefined }, line: parsedLine(line, requirement), isBuild: false }
  })
  const names = new Set<string>()
  const onProject = (name: string): boolean => names.add(name).size <= options.limit
  const walks: Walk[] = []
  for (const target of targets) {
    walks.push(await walkEnvironment(target, steps, { ...options, catalog, onProject }))
    if (names.size > options.limit) return { ok: false, tooLarge: tooLarge(roots, walks, names.size) }
  }
  return { ok: true, closure: await createClosure(walks, catalog) }
}

/** Counts, over what was found so far, the projects that each root leads to. */
function tooLarge(roots: readonly Root[], walks: readonly Walk[], projects: number): TooLarge {
  const next = new Map<string, Set<string>>()
  for (const { from, line } of walks.flatMap(({ steps }) => steps)) {
    if (from.version === undefined) continue
    next.set(from.name, (next.get(from.name) ?? new Set<string>()).add(line.name))
  }
  const reach = (start: string): number => {
    const found = new Set([start])
    for (const name of found) for (const to of next.get(name) ?? []) found.add(to)
    return found.size
  }
  const widest = roots.map((root) => ({ root, projects: reach(parsedLine(root.line, root.requirement).name) }))
  widest.sort((a, b) => b.projects - a.projects || compareCodePoints(a.root.line, b.root.line))
  return { projects, widest }
}
