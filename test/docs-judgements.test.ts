import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { JUDGEMENTS } from '../src/mirror/plan/judge.js'

const PAGE = join(import.meta.dirname, '..', 'docs', 'change-detection.md')
const [BEGIN, END] = ['<!-- table of reasons -->', '<!-- end of the table -->']

/** The table of docs/change-detection.md: the rows of `JUDGEMENTS`, in their order. */
function judgementsTable(): string {
  const rows = JUDGEMENTS.map(({ act, reason, text }, at) => {
    const why = reason === undefined ? '' : `\`${reason}\``
    return `| ${at + 1} | ${text} | ${why} | \`${act}\` |`
  })
  return ['| | what is known of the project | reason | what the run does |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

it('docs/change-detection.md has the table of reasons; -u writes it anew', async () => {
  const page = readFileSync(PAGE, 'utf8')
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)]
  expect(from).toBeGreaterThan(0)
  expect(to).toBeGreaterThan(from)
  const whole = `${page.slice(0, from)}${BEGIN}\n\n${judgementsTable()}\n\n${page.slice(to)}`
  await expect(whole).toMatchFileSnapshot('../docs/change-detection.md')
})
