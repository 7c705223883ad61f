import type { Sifted } from '../../filters/apply.js'
import type { Context } from '../run/context.js'
import type { Withheld } from '../run/outcome.js'

/** A later look is put off again: a `due` far in the future is taken for the mistake of a clock (plan/judge.ts). */
const FARTHEST_LOOK = 365 * 24 * 3600

/**
 * What the ledger notes of a project's files that the mirror has not.
 * @param due milliseconds since the epoch, as filters say it
 * @param unseen what was noted before of files that the source of the pages does not know
 */
export function withheldOf(
  { startedAt }: Pick<Context, 'startedAt'>,
  { due, held, blocked }: Omit<Sifted, 'project'>,
  unseen: Withheld = {},
): Withheld {
  const now = startedAt.getTime() / 1000
  // A time that has passed is the mistake of somebody's plugin: it would be due in every run.
  const next = due === undefined || due <= startedAt.getTime() ? undefined : Math.ceil(due / 1000)
  const times = [next, unseen.due].filter((time) => time !== undefined)
  const first = times.length === 0 ? undefined : Math.min(...times, Math.floor(now) + FARTHEST_LOOK)
  const heldNow = held.length + (unseen.held ?? 0)
  const blockedNow = blocked + (unseen.blocked ?? 0)
  return {
    ...(first === undefined ? {} : { due: first }),
    ...(heldNow === 0 ? {} : { held: heldNow }),
    ...(blockedNow === 0 ? {} : { blocked: blockedNow }),
  }
}
