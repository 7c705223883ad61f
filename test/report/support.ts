import type { Summary } from '../../src/report/summary/data.js'

/** The summary of a `mirror` run that found nothing to do. */
export const emptySummary: Summary = {
  command: 'mirror',
  ok: true,
  exitCode: 0,
  error: undefined,
  startedAt: '2026-03-01T00:00:00.000Z',
  endedAt: '2026-03-01T00:00:01.000Z',
  seconds: 1,
  upstream: 'https://pypi.org',
  serial: { before: 5, after: 5, upstream: 5, behind: 0 },
  verified: undefined,
  planned: undefined,
  projects: { synced: 0, removed: 0, gone: 0, filtered: 0, left: 0, mirrored: 3 },
  files: { fetched: 0, bytes: 0, removed: 0 },
  requests: { sent: 1, repeated: 0, connections: 1 },
  failures: [],
  removals: [],
  refused: 0,
  refusals: [],
  unknown: [],
  shortcomings: [],
  withheld: { held: 0, blocked: 0 },
  removalsRefused: 0,
  reasons: {},
  warnings: { count: 0, first: [] },
}
