import { expect, it } from 'vitest'
import type { DryRun } from '../../src/mirror/dry-run.js'
import { createReport } from '../../src/mirror/run/report.js'
import { planText, reasonsText, reportedPlan } from '../../src/report/plan.js'

const plan: DryRun = {
  serial: { before: undefined, after: 7 },
  projects: [{ name: 'one', action: 'add', why: 'new', files: 1, bytes: 2 }],
  reasons: { new: 1 },
  removals: [],
  refusal: undefined,
  files: 1,
  bytes: 2,
  held: 0,
  blocked: 0,
}

it('a plan ends with the reasons and the sums, counted rightly', () => {
  expect(planText(plan, 1e9).split('\n')).toEqual([
    'add      one: 1 file, 2 bytes',
    'Why: 1 new',
    '1 project to sync, 0 to remove, 1 file to fetch (2 bytes); 1.00 GB free; serial none -> 7',
  ])
})

it('a plan without work has no reasons', () => {
  const text = planText({ ...plan, projects: [], reasons: {}, files: 0, bytes: 0 }, undefined)
  expect(text).toBe('0 projects to sync, 0 to remove, 0 files to fetch (0 bytes); serial none -> 7')
})

it('every reason has words, in one order', () => {
  expect(reasonsText({ forced: 1, withdrawn: 2, owed: 3, filters: 4, options: 1200, due: 6, changed: 7, new: 8 })).toBe(
    'Why: 8 new, 7 changed upstream, 6 due to be looked at again, 1,200 made with other options, ' +
      '4 affected by edited filters, 3 owed by earlier runs, 2 withdrawn upstream, 1 compared because of --force-check',
  )
})

it('the plan of verify lists pages and documents to write anew', () => {
  const report = createReport()
  report.planned.pages.push('/m/web/simple/one/index.html')
  expect(JSON.parse(reportedPlan(report))).toMatchObject({ pages: ['/m/web/simple/one/index.html'], files: 0 })
})
