import type { Context } from '../run/context.js'
import type { ClosurePlan, MissingLine } from './types.js'

/** What requirements need. */
export interface PlannedNeeds {
  readonly projects: number
  readonly files: number
  /** what upstream does not have, or could not be asked; undefined where that is only warned of */
  readonly missing: readonly MissingLine[]
}

/** As a dry run tells it. */
export function plannedNeeds(
  { closure }: Pick<Context, 'closure'>,
  needed: ClosurePlan | undefined,
): { readonly needed?: PlannedNeeds } {
  if (needed === undefined) return {}
  const { members, missing, failures } = needed
  const files = [...members.values()].reduce((sum, member) => sum + member.files.size, 0)
  const counts = closure?.setup.toleratesMissing === true ? failures : [...missing, ...failures]
  return { needed: { projects: members.size, files, missing: counts } }
}
