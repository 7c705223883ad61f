import { ALLOWLIST_PLUGINS } from '../../filters/plugins.js'
import type { Filters } from '../../filters/types.js'
import { createSelection } from './selection.js'
import { readSetup } from './setup.js'
import type { SetupOptions } from './setup.js'
import type { ClosureRun } from './types.js'

/**
 * The closure of a run, and the filters of the run with it in place of those that keep what the allowlist names.
 * @throws ConfigError
 */
export function createClosureRun(
  options: SetupOptions,
  filters: Filters,
): { readonly closure: ClosureRun; readonly filters: Filters } {
  const setup = readSetup(options)
  const selection = createSelection()
  const others: Filters = {
    ...filters,
    project: filters.project.filter(({ name }) => !ALLOWLIST_PLUGINS.includes(name)),
    release: filters.release.filter(({ name }) => !ALLOWLIST_PLUGINS.includes(name)),
  }
  return {
    closure: { setup, selection, filters: others },
    filters: { ...others, project: [...others.project, selection.projectFilter(setup.fingerprint)], selection },
  }
}
