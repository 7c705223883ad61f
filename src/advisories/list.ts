import type { AdvisoryIndex } from './advisory-index.js'
import { affectedText } from './ranges.js'

/** One advisory on one project, for `bandersnatch advisories`. */
export interface AdvisoryRow {
  readonly project: string
  readonly id: string
  /** the blocked versions, for people */
  readonly versions: string
  readonly url: string
}

/** Rows sorted by project and id. @param names the projects to list; undefined: all that are known */
export function listAdvisories(index: AdvisoryIndex, names?: readonly string[]): AdvisoryRow[] {
  return (names ?? index.projects()).flatMap((project) =>
    index.advisoriesFor(project).map((advisory) => ({
      project,
      id: advisory.id,
      versions: affectedText(advisory),
      url: `https://osv.dev/vulnerability/${advisory.id}`,
    })),
  )
}

/** A table with one advisory a line. */
export function advisoriesAsText(rows: readonly AdvisoryRow[]): string {
  if (rows.length === 0) return 'no advisories\n'
  const width = (cell: (row: AdvisoryRow) => string): number => Math.max(...rows.map((row) => cell(row).length))
  const [project, id] = [width((row) => row.project), width((row) => row.id)]
  const line = (row: AdvisoryRow): string => `${row.project.padEnd(project)}  ${row.id.padEnd(id)}  ${row.versions}\n`
  return rows.map(line).join('')
}
