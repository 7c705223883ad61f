import type { ConfigFile, PluginOptions } from '../config/types.js'
import { oneLine } from '../one-line.js'

/** Where the options of a plugin are set: `bandersnatch.conf:12: [blocklist] packages`; '' where none is. */
export function placesOf(config: ConfigFile, options: PluginOptions): string {
  const set = Object.entries(options).flatMap(([section, table]) =>
    config.options(section).flatMap((option): string[] => {
      const known = Object.hasOwn(table, option) || Object.keys(table).some((name) => isPattern(name, option))
      const line = known ? config.origin(section, option)?.line : undefined
      return line === undefined ? [] : [`${oneLine(config.path)}:${line}: [${section}] ${oneLine(option)}`]
    }),
  )
  return set.join(', ')
}

function isPattern(name: string, option: string): boolean {
  return name.endsWith('*') && option.startsWith(name.slice(0, -1))
}
