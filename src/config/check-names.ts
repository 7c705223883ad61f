import { similar } from '../model/nearest.js'
import { oneLine } from '../one-line.js'
import { parseReference } from './diff-file.js'
import { ENABLED_BEFORE, OBSOLETE, RENAMED_SECTIONS } from './earlier-releases.js'
import { ownOptions, placeText } from './renamed.js'
import type { Place } from './renamed.js'
import { findOption } from './sections.js'
import type { Sections } from './sections.js'
import type { ConfigFile } from './types.js'

/** Sections of Python's logging.config, which may stand in the same file. */
const LOGGING = /^(?:loggers|handlers|formatters|(?:logger|handler|formatter)_.*)$/s

interface Known {
  readonly file: ConfigFile
  readonly sections: Sections
  /** the plugins that are enabled */
  readonly enabled: readonly string[]
}

const hint = (meant: string | undefined): string => (meant === undefined ? '' : `; did you mean ${meant}?`)

function optionNames(sections: Sections, section: string): string[] {
  return Object.keys(sections.get(section)?.options ?? {}).filter((name) => !name.endsWith('*'))
}

/** The option that was probably meant: one of the same section, or one of that name in another section. */
function meantOption(sections: Sections, { section, option }: Place): string | undefined {
  const here = similar(option, optionNames(sections, section))
  if (here !== undefined) return here
  const elsewhere = [...sections.keys()].find((other) => optionNames(sections, other).includes(option))
  return elsewhere === undefined ? undefined : `[${elsewhere}] ${option}`
}

function isExternal(sections: Sections, plugin: string): boolean {
  return findOption(sections, 'plugins', 'enabled')?.choices?.includes(plugin) !== true
}

/** Whether an option is there for others to refer to: by `%(name)s`, or by `{{section_name}}` in diff-file. */
function isReferredTo(file: ConfigFile, { section, option }: Place): boolean {
  if (file.options(section).some((other) => file.raw(section, other)?.includes(`%(${option})s`) === true)) return true
  const reference = parseReference(file.raw('mirror', 'diff-file') ?? '')
  return reference?.section === section && reference.option === option
}

function checkOption({ file, sections }: Known, place: Place): string[] {
  const { section, option } = place
  if (ENABLED_BEFORE.some(([s, o]) => s === section && o === option)) return []
  const obsolete = OBSOLETE.find((old) => old.section === section && old.option === option)
  if (obsolete !== undefined) return [`${placeText(file, place)} has no effect: ${obsolete.instead}`]
  const today = RENAMED_SECTIONS.get(section) ?? section
  if (findOption(sections, today, option) !== undefined || isReferredTo(file, place)) return []
  return [`${placeText(file, place)} is not a known option${hint(meantOption(sections, { section: today, option }))}`]
}

function checkSection(known: Known, section: string): string[] {
  const { file, sections, enabled } = known
  const options = ownOptions(file, section)
  if (sections.has(section) || RENAMED_SECTIONS.has(section)) {
    return options.flatMap((option) => checkOption(known, { section, option }))
  }
  const place = `${oneLine(file.path)}: section [${oneLine(section)}]`
  const obsolete = OBSOLETE.find((old) => old.section === section && old.option === undefined)
  if (obsolete !== undefined) return [`${place} has no effect: ${obsolete.instead}`]
  if (LOGGING.test(section) || options.some((option) => isReferredTo(file, { section, option }))) return []
  const meant = similar(section, [...sections.keys()])
  // A plugin of somebody else's may have a section of any name.
  if (meant === undefined && enabled.some((plugin) => isExternal(sections, plugin))) return []
  return [`${place} is not a known section${hint(meant)}`]
}

/** One warning for each section and option that has no meaning, with what was probably meant. */
export function checkNames(file: ConfigFile, sections: Sections, enabled: readonly string[]): string[] {
  return file.sections().flatMap((section) => checkSection({ file, sections, enabled }, section))
}
