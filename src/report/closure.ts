import { counted } from '../count.js'
import type { Needs, NeededProject } from '../mirror/closure/describe.js'
import { bytesText } from './figures.js'

const MOST_VERSIONS = 3

/** What `bandersnatch closure` prints: a tree from the roots, what is missing, and sums. */
export function needsText(needs: Needs): string {
  const lines = treeLines(needs)
  const lacking = [...needs.missing, ...needs.failures].map(({ project, reason }) => `missing  ${project}: ${reason}`)
  const files = needs.projects.reduce((sum, project) => sum + project.files.length, 0)
  const bytes = needs.projects.reduce((sum, project) => sum + project.bytes, 0)
  const places = needs.environments.length === 0 ? '' : ` for ${needs.environments.join(', ')}`
  const sums = `${counted(needs.projects.length, 'project')}, ${counted(files, 'file')}, ${bytesText(bytes)}${places}`
  return [...lines, ...lacking, sums].join('\n')
}

/** Each project once with what it needs; where it comes up again it is only named. */
function treeLines({ projects }: Needs): string[] {
  const byName = new Map(projects.map((project) => [project.name, project]))
  const children = new Map<string, Set<string>>()
  const tops = new Set<string>()
  for (const { name, neededBy } of projects) {
    for (const { from } of neededBy) {
      if (from.version === undefined) tops.add(name)
      else children.set(from.name, (children.get(from.name) ?? new Set()).add(name))
    }
  }
  const shown = new Set<string>()
  const lines: string[] = []
  const stack = [...tops]
    .sort()
    .reverse()
    .map((name) => ({ name, depth: 0 }))
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { name, depth } = next
    const project = byName.get(name)
    const isShown = shown.has(name)
    lines.push(`${'  '.repeat(depth)}${isShown || project === undefined ? `${name} (above)` : projectText(project)}`)
    if (isShown) continue
    shown.add(name)
    const below = [...(children.get(name) ?? [])].filter((child) => child !== name && byName.has(child)).sort()
    for (const child of below.reverse()) stack.push({ name: child, depth: depth + 1 })
  }
  return lines
}

function projectText({ name, versions, files, bytes }: NeededProject): string {
  const more = versions.length - MOST_VERSIONS
  const shown = versions.slice(0, MOST_VERSIONS).join(', ')
  const list = versions.length === 0 ? '' : ` ${shown}${more > 0 ? ` and ${counted(more, 'older release')}` : ''}`
  return `${name}${list}: ${counted(files.length, 'file')}, ${bytesText(bytes)}`
}

/** `bandersnatch closure --json` */
export function needsJson({ environments, projects, missing, failures }: Needs): string {
  const all = projects.map(({ neededBy, ...project }) => ({
    ...project,
    neededBy: neededBy.map(({ from, line, isBuild, environments: where }) => ({
      ...{ from: from.name, version: from.version ?? null, requirement: line, environments: where },
      ...(isBuild ? { build: true } : {}),
    })),
  }))
  const files = projects.reduce((sum, project) => sum + project.files.length, 0)
  const bytes = projects.reduce((sum, project) => sum + project.bytes, 0)
  return JSON.stringify({ environments, files, bytes, projects: all, missing, failures }, null, 2)
}

/** `bandersnatch closure --why NAME`: the chain of requirements from a root, or the lock file that names it. */
export function whyText(name: string, links: ReturnType<Needs['why']>, project: NeededProject | undefined): string {
  if (project === undefined) return `${name} is not needed`
  const lines = links.map(({ from, line, to, version }) => {
    const who = from.version === undefined ? from.name : `${from.name} ${from.version}`
    return `  ${who}: ${line} -> ${to} ${version}`
  })
  const pins = project.neededBy.map(({ from, line }) => `  ${from.name}: ${line}`)
  return [`${name} is needed:`, ...(lines.length > 0 ? lines : pins)].join('\n')
}
