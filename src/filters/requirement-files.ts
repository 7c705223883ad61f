import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, posix } from 'node:path'
import type { ConfigFile } from '../config/types.js'
import { ConfigError, errorText, systemCode } from '../errors.js'
import type { Requirement } from '../packaging/requirement.js'
import { GlobError, globNames, pathParts } from '../python/glob.js'
import { oneLine } from '../one-line.js'
import { strip } from '../python/text.js'
import { entryOf } from './list-entries.js'
import type { ListEntry } from './list-entries.js'
import { includedNames, joinContinuations } from './requirement-lines.js'
import { withoutComment } from './setting-lines.js'
import { notRequirement, parsePackageLines } from './package-lines.js'

const SECTION = 'allowlist'
const OPTION = 'requirements'

/**
 * The requirements files of `[allowlist] requirements`, below `requirements_path` or else below `directory`.
 * As in 8.0 a line with `*` is a pattern, and what it finds is looked for by its last part in `requirements_path`
 * itself: `sub/*.txt` finds names in `sub`, but means files beside it.
 * @throws ConfigError for a pattern that is none
 */
export function requirementFiles(config: ConfigFile, directory: string): string[] {
  const base = joined('', config.get(SECTION, 'requirements_path') ?? '')
  const files: string[] = []
  for (const line of config.get(SECTION, OPTION)?.split('\n') ?? []) {
    const whole = strip(line)
    if (whole === '' || whole.startsWith('#')) continue
    const name = withoutComment(whole)
    if (!name.includes('*')) {
      files.push(joined(base, name))
      continue
    }
    try {
      for (const found of globNames(located(directory, base), name)) files.push(joined(base, found))
    } catch (error) {
      if (!(error instanceof GlobError)) throw error
      throw config.invalid(SECTION, OPTION, `${JSON.stringify(name)}: ${error.message}`)
    }
  }
  return files
}

/** Two paths as pathlib joins them: `.` and empty parts go, `..` stays, an absolute path replaces the first. */
function joined(base: string, name: string): string {
  const path = isAbsolute(name) || base === '' ? name : `${base}/${name}`
  return (isAbsolute(path) ? '/' : '') + pathParts(path).join('/')
}

/** Not node's resolve, which takes `missing/..` for nothing at all. */
function located(directory: string, path: string): string {
  return isAbsolute(path) ? path : `${directory}/${path}`
}

export interface ReadRules {
  readonly directory: string
  /** bytes of a file to its lines; what it throws becomes a ConfigError that names the file */
  readonly toLines: (bytes: Buffer) => string[]
}

/**
 * The requirements in all requirements files. Other lines that begin with `-` than `-r` are passed over.
 * @throws ConfigError naming file and line
 */
export function readRequirements(config: ConfigFile, rules: ReadRules): Requirement[] {
  return requirementEntries(config, rules).map(({ requirement }) => requirement)
}

/** The same with file and line. @throws ConfigError */
export function requirementEntries(config: ConfigFile, { directory, toLines }: ReadRules): ListEntry[] {
  const files = withIncluded(requirementFiles(config, directory), (file) =>
    linesOf(config, file, { directory, toLines }),
  )
  return files.flatMap((file) => {
    const lines = linesOf(config, file, { directory, toLines })
    const fail = (line: string, number: number): Error => new ConfigError(`${file}:${number}: ${notRequirement(line)}`)
    return parsePackageLines(lines, { skip: ['#', '-'], comments: true, fail }).map((line) =>
      entryOf('wanted', line, `${oneLine(file)}:${line.index + 1}`),
    )
  })
}

/** The files, each followed by those that it includes and that are there. */
function withIncluded(files: readonly string[], linesOf: (file: string) => readonly string[]): string[] {
  const all = new Set(files)
  for (const file of all) {
    for (const name of includedNames(linesOf(file))) {
      const path = posix.normalize(joined(dirname(file), name))
      if (!all.has(path) && isThere(() => linesOf(path))) all.add(path)
    }
  }
  return [...all]
}

/** As in bandersnatch 8.0, which reads no included file, one that is missing is passed over. */
function isThere(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    if (error instanceof ConfigError && systemCode(error.cause) === 'ENOENT') return false
    throw error
  }
}

function linesOf(config: ConfigFile, file: string, { directory, toLines }: ReadRules): string[] {
  try {
    return joinContinuations(toLines(readFileSync(located(directory, file))))
  } catch (error) {
    const problem = `the requirements file ${JSON.stringify(file)} cannot be read: ${errorText(error)}`
    throw new ConfigError(config.invalid(SECTION, OPTION, problem).message, { cause: error })
  }
}
