import { ENABLED_BY_DEFAULT_IN_3, PLUGINS_OF_3, RENAMED_PLUGINS, RENAMED_SECTIONS } from './earlier-releases.js'
import type { PluginTable } from './option-spec.js'
import { ownOptions, placeText } from './renamed.js'
import type { Move } from './renamed.js'
import { matches } from './sections.js'
import type { ConfigFile } from './types.js'

export interface Enabled {
  /** names of today, as `[plugins] enabled` may list them */
  readonly names: readonly string[]
  /** one line for each thing that is written as in earlier releases */
  readonly warnings: readonly string[]
}

/**
 * The plugins that the file enables, also where it says so as earlier releases had it.
 * @param file with options where they belong today
 * @param moves those that stand elsewhere
 */
export function enabledPlugins(file: ConfigFile, plugins: PluginTable, moves: readonly Move[]): Enabled {
  const text = file.get('plugins', 'enabled')
  if (text === undefined) return enabledBySections(file, plugins, moves)
  // As 8.0 splits it: one name a line.
  const written = text.split('\n').filter((name) => name !== '')
  const moved = moves.find(({ to }) => to.section === 'plugins')?.from
  const names = written.flatMap((name): readonly string[] => {
    if (name === 'all' && moved !== undefined && moved.section !== 'plugins') return PLUGINS_OF_3
    return [RENAMED_PLUGINS.get(name) ?? name]
  })
  const place = placeText(file, moved ?? { section: 'plugins', option: 'enabled' })
  if (moved !== undefined)
    return {
      names,
      warnings: [`${place} is read as [plugins] enabled = ${names.join(' ')}; write it so, one name a line`],
    }
  const warnings = [...new Set(written)].flatMap((name): string[] => {
    const today = RENAMED_PLUGINS.get(name)
    return today === undefined ? [] : [`${place}: ${name} is read as ${today}; write ${today}`]
  })
  return { names, warnings }
}

/**
 * bandersnatch 3.0 and 3.1 enabled every plugin where none was named. A file with one of the sections of those days and
 * without a list of plugins may be from then: what it configures is enabled, so that no limit is lost.
 */
function enabledBySections(file: ConfigFile, plugins: PluginTable, moves: readonly Move[]): Enabled {
  const [first] = moves.filter(({ from }) => RENAMED_SECTIONS.has(from.section))
  if (first === undefined) return { names: [], warnings: [] }
  const names = ENABLED_BY_DEFAULT_IN_3.filter((name) =>
    Object.entries(plugins[name] ?? {}).some(([section, table]) =>
      configured(file, section).some((option) => Object.keys(table).some((known) => matches(known, option))),
    ),
  )
  if (names.length === 0) return { names, warnings: [] }
  const place = placeText(file, first.from)
  const warning = `${place}: [plugins] enabled is not set; as in bandersnatch 3.0 these plugins are enabled: ${names.join(', ')}. List them in [plugins] enabled`
  return { names, warnings: [warning] }
}

function configured(file: ConfigFile, section: string): string[] {
  const before = [...RENAMED_SECTIONS].filter(([, today]) => today === section).map(([name]) => name)
  return [section, ...before].flatMap((name) => ownOptions(file, name))
}
