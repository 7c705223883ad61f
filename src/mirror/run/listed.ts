import { normalizeName } from '../../packaging/name.js'
import type { Context } from './context.js'

/** Tells whether upstream lists a project, by its list of all projects, which is asked for once and only when needed. */
export function listedUpstream({ upstream }: Pick<Context, 'upstream'>): (name: string) => Promise<boolean> {
  let names: Promise<Set<string>> | undefined
  const ask = async (): Promise<Set<string>> => {
    const list = await upstream.list()
    return new Set(list === 'unchanged' ? [] : [...list.projects].map(([rawName]) => normalizeName(rawName)))
  }
  return async (name) => {
    names ??= ask()
    return (await names).has(name)
  }
}
