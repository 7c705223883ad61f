import { describe, expect, it } from 'vitest'
import { removalAllowance, removalGuard } from '../../../src/mirror/plan/removal-guard.js'
import type { GuardInput } from '../../../src/mirror/plan/removal-guard.js'

const removals = (count: number, by: 'upstream' | 'admin' = 'upstream'): GuardInput['removals'] =>
  Array.from({ length: count }, () => ({ by }))

const guard = (input: Partial<GuardInput>): string | undefined =>
  removalGuard({
    removals: [],
    missing: 0,
    mirrored: 10_000,
    limit: 1,
    listedBefore: undefined,
    listedNow: undefined,
    allowed: false,
    ...input,
  })

describe('removalAllowance', () => {
  it.each([
    // In a small mirror at most half.
    ['upstream', 1, 1, 1],
    ['upstream', 2, 1, 1],
    ['upstream', 3, 1, 1],
    ['upstream', 4, 1, 2],
    ['upstream', 99, 1, 49],
    ['upstream', 100, 1, 50],
    // Fifty until the share is more.
    ['upstream', 5000, 1, 50],
    ['upstream', 5001, 1, 51],
    ['upstream', 10_000, 1, 100],
    ['upstream', 10, 100, 10],
    ['upstream', 10, 0.5, 5],
    ['upstream', 0, 1, 0],
    // The admin's own edits.
    ['admin', 3, 1, 50],
    ['admin', 5001, 1, 51],
    // 0 means none.
    ['upstream', 10_000, 0, 0],
    ['admin', 10_000, 0, 0],
  ] as const)('by %s of %i projects with removal-limit = %d: %i', (by, mirrored, limit, most) => {
    expect(removalAllowance(by, mirrored, limit)).toBe(most)
  })
})

describe('removalGuard', () => {
  it('lets as many go as the limit allows, and none of more', () => {
    expect(guard({ removals: removals(100) })).toBeUndefined()
    expect(guard({ removals: removals(101) })).toBe(
      '101 of 10,000 mirrored projects would go, more than the 100 that removal-limit allows: ' +
        'nothing is removed. Check upstream; if it is right, run mirror --allow-removals once',
    )
  })

  it('counts what an old list lacks, and upstream and the admin apart', () => {
    expect(guard({ removals: removals(60), missing: 40 })).toBeUndefined()
    expect(guard({ removals: removals(60), missing: 41 })).toMatch(/^101 of/)
    expect(guard({ removals: [...removals(100), ...removals(100, 'admin')] })).toBeUndefined()
    expect(guard({ removals: removals(101, 'admin') })).toMatch(/^101 of/)
    expect(guard({ missing: 101 })).toMatch(/^101 of/)
  })

  it('refuses a list that shrank by more than a hundredth and a hundred names', () => {
    const one = { removals: removals(1) }
    expect(guard({ ...one, listedBefore: 20_000, listedNow: 19_800 })).toBeUndefined()
    expect(guard({ ...one, listedBefore: 20_000, listedNow: 19_799 })).toMatch(
      /^upstream lists 19,799 projects, 201 fewer than last time: /,
    )
    expect(guard({ ...one, listedBefore: 500, listedNow: 400 })).toBeUndefined()
    expect(guard({ ...one, listedBefore: 500, listedNow: 399 })).toMatch(/101 fewer/)
    expect(guard({ ...one, listedBefore: 500, listedNow: 900 })).toBeUndefined()
    expect(guard({ ...one, listedBefore: 500 })).toBeUndefined()
    expect(guard({ ...one, listedNow: 1 })).toBeUndefined()
  })

  it('has nothing to say where nothing goes, or with --allow-removals', () => {
    expect(guard({ limit: 0, listedBefore: 1000, listedNow: 1 })).toBeUndefined()
    expect(
      guard({ removals: removals(5000), limit: 0, listedBefore: 1000, listedNow: 1, allowed: true }),
    ).toBeUndefined()
    expect(guard({ removals: removals(1), limit: 0 })).toMatch(/^1 of 10,000/)
  })
})
