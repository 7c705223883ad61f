import type { PluginTable } from './option-spec.js'
import { ownOptions, placeText } from './renamed.js'
import { listed, matches } from './sections.js'
import type { ConfigFile } from './types.js'

/**
 * One warning for each option of a filter that no enabled plugin reads: whoever sets it means to limit what is mirrored.
 * @param file as it is written, with the sections where they stand
 */
export function checkPlugins(file: ConfigFile, plugins: PluginTable, enabled: readonly string[]): string[] {
  if (enabled.includes('all')) return []
  const sections = new Set(Object.values(plugins).flatMap((read) => Object.keys(read)))
  const unread = new Map<string, { readonly options: string[]; readonly readers: readonly string[] }>()
  for (const section of file.sections().filter((name) => sections.has(name))) {
    for (const option of ownOptions(file, section)) {
      const readers = readersOf(plugins, section, option)
      if (readers.length === 0 || readers.some((name) => enabled.includes(name))) continue
      const key = [section, ...readers].join('\n')
      const others = unread.get(key)
      if (others === undefined) unread.set(key, { options: [option], readers })
      else others.options.push(option)
    }
  }
  return [...unread].map(([key, { options, readers }]) => {
    const [section = ''] = key.split('\n')
    const place = placeText(file, { section, option: options[0] ?? '' })
    const more = options.slice(1).map((option) => `, ${option}`)
    const instead = readers.length === 1 ? '' : ` (or ${listed(readers.slice(1), 'or')})`
    return `${place}${more.join('')}: no enabled plugin reads this; add ${readers[0] ?? ''}${instead} to [plugins] enabled`
  })
}

function readersOf(plugins: PluginTable, section: string, option: string): string[] {
  return Object.entries(plugins)
    .filter(([, read]) => Object.keys(read[section] ?? {}).some((name) => matches(name, option)))
    .map(([name]) => name)
}
