import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The recorded answers of Python for one topic: a compact sample kept with the tests,
 * or all of them from the directory that ORACLE_DIR names.
 */
export function oracleCases(topic: string): unknown[] {
  const directory = process.env['ORACLE_DIR'] ?? join(import.meta.dirname, '..', 'fixtures', 'oracle')
  const document: unknown = JSON.parse(readFileSync(join(directory, `${topic}.json`), 'utf8'))
  if (typeof document === 'object' && document !== null && 'cases' in document && Array.isArray(document.cases)) {
    return document.cases
  }
  throw new Error(`${topic}.json has no cases`)
}
