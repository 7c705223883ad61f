import { createNearestName } from '../../model/nearest-name.js'
import { normalizeName } from '../../packaging/name.js'
import type { Context } from './context.js'

/** Upstream's list of all projects, which is asked for once and only when it is needed. */
export interface Listing {
  /** whether upstream lists a project; `name`: normalized */
  readonly has: (name: string) => Promise<boolean>
  /** the listed project that a misspelled name probably means */
  readonly meant: (name: string) => Promise<string | undefined>
}

export function createListing({ upstream }: Pick<Context, 'upstream'>): Listing {
  let asked: Promise<Set<string>> | undefined
  const ask = async (): Promise<Set<string>> => {
    const list = await upstream.list()
    return new Set(list === 'unchanged' ? [] : [...list.projects].map(([rawName]) => normalizeName(rawName)))
  }
  const names = (): Promise<Set<string>> => (asked ??= ask())
  return {
    has: async (name) => (await names()).has(name),
    meant: async (name) => {
      const nearest = createNearestName(name)
      for (const candidate of await names()) nearest.offer(candidate)
      return nearest.best()
    },
  }
}
