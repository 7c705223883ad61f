import type { Context } from '../run/context.js'
import { loadFacts } from './facts.js'

/**
 * Tells the selection what the last `mirror` run found to be needed, for commands that do not find it out anew. Where
 * that is not known, no file is left out.
 */
export async function recallNeeds({ closure, storage }: Pick<Context, 'closure' | 'storage'>): Promise<void> {
  if (closure === undefined) return
  const { projects } = await loadFacts(storage)
  const files = [...projects].flatMap(([name, facts]): [string, ReadonlySet<string>][] =>
    facts.files === undefined ? [] : [[name, new Set(facts.files)]],
  )
  if (files.length > 0) closure.selection.set(new Map(files))
}

/** Which requirements need a project, one line each, as the last `mirror` run found out. */
export async function neededBy(
  { closure, storage }: Pick<Context, 'closure' | 'storage'>,
  name: string,
): Promise<string[]> {
  if (closure === undefined) return []
  const { projects } = await loadFacts(storage)
  return (projects.get(name)?.neededBy ?? []).map(({ from, line, environments }) => {
    const who = from.version === undefined ? from.name : `${from.name} ${from.version}`
    return `${who} needs ${line}${environments.length === 0 ? '' : ` for ${environments.join(', ')}`}`
  })
}
