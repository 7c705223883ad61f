import { parseReference } from './diff-file.js'
import { nearest } from '../model/nearest.js'
import { OBSOLETE, OBSOLETE_PLUGINS } from './obsolete.js'
import { findOption, findSection, SECTIONS } from './options.js'
import { oneLine } from '../one-line.js'
import type { ConfigFile } from './types.js'

/** Sections of Python's logging.config, which may stand in the same file. */
const LOGGING = /^(?:loggers|handlers|formatters|(?:logger|handler|formatter)_.*)$/s

const meant = (name: string, known: readonly string[]): string => {
  const guess = nearest(name, known)
  return guess === undefined ? '' : `; did you mean ${guess}?`
}

const optionNames = (section: string): string[] =>
  Object.keys(findSection(section)?.options ?? {}).filter((name) => !name.endsWith('*'))

/** The options that the section sets itself. */
const ownOptions = (file: ConfigFile, section: string): string[] =>
  file.options(section).filter((option) => file.origin(section, option)?.section === section)

const isExternal = (plugin: string): boolean => findOption('plugins', 'enabled')?.choices?.includes(plugin) !== true

/** Whether an option is there for others to refer to: by `%(name)s`, or by `{{section_name}}` in diff-file. */
function isReferredTo(file: ConfigFile, section: string, option: string): boolean {
  if (file.options(section).some((other) => file.raw(section, other)?.includes(`%(${option})s`) === true)) return true
  const reference = parseReference(file.raw('mirror', 'diff-file') ?? '')
  return reference?.section === section && reference.option === option
}

function checkOption(file: ConfigFile, section: string, option: string): string[] {
  const line = file.origin(section, option)?.line ?? 0
  const place = `${oneLine(file.path)}:${line}: [${section}] ${oneLine(option)}`
  const obsolete = OBSOLETE.find((old) => old.section === section && old.option === option)
  if (obsolete !== undefined) return [`${place} has no effect: ${obsolete.instead}`]
  if (findOption(section, option) !== undefined || isReferredTo(file, section, option)) return []
  return [`${place} is not a known option${meant(option, optionNames(section))}`]
}

function checkSection(file: ConfigFile, section: string, enabled: readonly string[]): string[] {
  const options = ownOptions(file, section)
  if (findSection(section) !== undefined) return options.flatMap((option) => checkOption(file, section, option))
  const place = `${oneLine(file.path)}: section [${oneLine(section)}]`
  const obsolete = OBSOLETE.find((old) => old.section === section && old.option === undefined)
  if (obsolete !== undefined) return [`${place} has no effect: ${obsolete.instead}`]
  if (LOGGING.test(section) || options.some((option) => isReferredTo(file, section, option))) return []
  const hint = meant(section, Object.keys(SECTIONS))
  // A plugin of somebody else's may have a section of any name.
  if (hint === '' && enabled.some(isExternal)) return []
  return [`${place} is not a known section${hint}`]
}

/** One warning for each section and option that has no meaning, with what was probably meant. */
export function checkNames(file: ConfigFile, enabled: readonly string[]): string[] {
  return file.sections().flatMap((section) => checkSection(file, section, enabled))
}

/** One warning for each enabled plugin that has another name today. Unknown names are the filters' business. */
export function checkPlugins(file: ConfigFile, enabled: readonly string[]): string[] {
  return [...new Set(enabled)].flatMap((name): string[] => {
    const today = OBSOLETE_PLUGINS.get(name)
    const place = `${oneLine(file.path)}: [plugins] enabled`
    return today === undefined ? [] : [`${place}: ${name} has no effect: the plugin is called ${today} now`]
  })
}
