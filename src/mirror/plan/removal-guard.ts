import { counted, countText } from '../../count.js'
import type { Removal } from '../run/report.js'

/** What an admin's own edit may remove in any mirror, whatever `removal-limit` says. */
const OWN_FLOOR = 50
/** What upstream may take from a small mirror: this many projects, but never more than half of it. */
const UPSTREAM_FLOOR = 50
/** Upstream's list may shrink by this share and this many names before nobody believes it. */
const SHRINK_SHARE = 0.01
const SHRINK_NAMES = 100

export interface GuardInput {
  readonly removals: readonly Pick<Removal, 'by'>[]
  /** further projects that a list too old to be believed lacks */
  readonly missing: number
  readonly mirrored: number
  /** percent of the mirrored projects that may go in one run; 0: none */
  readonly limit: number
  /** how many names upstream listed last time and now, where known */
  readonly listedBefore: number | undefined
  readonly listedNow: number | undefined
  /** `--allow-removals` */
  readonly allowed: boolean
}

/**
 * How many projects may go in one run: `limit` percent of the mirror. In a small mirror upstream may take up to 50, but
 * at most half of the projects; the admin's own edit of the project filters may remove up to 50.
 */
export function removalAllowance(by: Removal['by'], mirrored: number, limit: number): number {
  if (limit === 0) return 0
  const share = Math.ceil((mirrored * limit) / 100)
  return Math.max(share, by === 'admin' ? OWN_FLOOR : Math.min(UPSTREAM_FLOOR, Math.floor(mirrored / 2)))
}

/** Why none of the removals may happen in this run; undefined when they may. */
export function removalGuard(input: GuardInput): string | undefined {
  const { removals, missing, mirrored, limit, listedBefore, listedNow, allowed } = input
  if (removals.length + missing === 0 || allowed) return undefined
  const override = 'nothing is removed. Check upstream; if it is right, run mirror --allow-removals once'
  if (listedBefore !== undefined && listedNow !== undefined) {
    const lost = listedBefore - listedNow
    if (lost > SHRINK_NAMES && lost > listedBefore * SHRINK_SHARE) {
      return `upstream lists ${counted(listedNow, 'project')}, ${lost} fewer than last time: ${override}`
    }
  }
  const countOf = (whose: Removal['by']): number => removals.filter(({ by }) => by === whose).length
  const counts = [
    { by: 'upstream', count: countOf('upstream') + missing },
    { by: 'admin', count: countOf('admin') },
  ] as const
  for (const { by, count } of counts) {
    const most = removalAllowance(by, mirrored, limit)
    if (count <= most) continue
    return `${countText(count)} of ${counted(mirrored, 'mirrored project')} would go, more than the ${most} that removal-limit allows: ${override}`
  }
  return undefined
}
