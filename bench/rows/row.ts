import type { RowResult } from '../checks.js'
import type { Lab } from '../lab.js'

/** A case: what it measures, and which limits it holds against it. */
export type Row = (lab: Lab) => Promise<Pick<RowResult, 'title' | 'measured' | 'checks'>>
