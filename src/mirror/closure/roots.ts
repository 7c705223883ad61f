import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { readLockFile } from '../../closure/locks/read.js'
import type { LockContent, LockedPackage, LockWarning, Place } from '../../closure/locks/types.js'
import type { Root } from '../../closure/types.js'
import type { ClosureConfig, ConfigFile } from '../../config/types.js'
import { ConfigError, errorText, systemCode } from '../../errors.js'
import { parsePackageLines } from '../../filters/package-lines.js'
import { requirementFiles } from '../../filters/requirement-files.js'
import { parseRequirement } from '../../packaging/requirement.js'

export interface Wanted {
  readonly roots: readonly Root[]
  readonly locked: ReadonlyMap<string, readonly LockedPackage[]>
  /** one line each */
  readonly warnings: readonly string[]
}

interface RootsOptions {
  readonly file: ConfigFile
  readonly closure: ClosureConfig
  /** absolute; what relative paths start from */
  readonly directory: string
}

/**
 * The requirements that the admin wrote, and what the lock files pin.
 * @throws ConfigError for a line that is not a requirement, a file that cannot be read, and where nothing is asked for
 */
export function readWanted({ file, closure, directory }: RootsOptions): Wanted {
  const warnings: string[] = []
  const roots: Root[] = []
  const locked = new Map<string, LockedPackage[]>()
  const read = (path: string): LockContent => {
    const content = readLockFile(path, (each) => readBytes(isAbsolute(each) ? each : `${directory}/${each}`))
    warnings.push(...warningLines(content.warnings))
    return content
  }
  if (closure.roots === 'allowlist') {
    roots.push(...listedRoots(file, warnings))
    for (const path of requirementFiles(file, directory)) roots.push(...read(path).packages.map(rootOf))
    if (roots.length === 0)
      throw file.invalid('closure', 'roots', 'there are no requirements in [allowlist] packages and requirements')
  }
  for (const path of closure.lockFiles) {
    for (const one of read(path).packages) {
      if (one.version === undefined) roots.push(rootOf(one))
      else locked.set(one.name, [...(locked.get(one.name) ?? []), one])
    }
  }
  return { roots, locked, warnings }
}

function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw new ConfigError(`${path} cannot be read: ${errorText(error)}`, { cause: error })
  }
}

/** `[allowlist] packages` */
function listedRoots(file: ConfigFile, warnings: string[]): Root[] {
  const lines = file.get('allowlist', 'packages')?.split('\n') ?? []
  const fail = (line: string): Error =>
    file.invalid('allowlist', 'packages', `${JSON.stringify(line)} is not a requirement`)
  return parsePackageLines(lines, { skip: ['#', '-'], comments: true, fail }).flatMap(({ text, requirement }) => {
    if (requirement.url === null) return [{ requirement, line: text, source: '[allowlist] packages' }]
    warnings.push(`[allowlist] packages: ${text}: a mirror cannot have what a URL names; it is left out`)
    return []
  })
}

/** What a line of a requirements file asks for, as a requirement. */
function rootOf({ name, version, specifier, extras, marker, place }: LockedPackage): Root {
  const brackets = extras.length === 0 ? '' : `[${extras.join(',')}]`
  const versions = version === undefined ? (specifier ?? '') : `==${version}`
  const line = `${name}${brackets}${versions}${marker === undefined ? '' : `; ${marker}`}`
  // Only === accepts text that is not a version.
  const requirement = parseRequirement(line) ?? parseRequirement(line.replace('==', '==='))
  if (requirement === undefined)
    throw new ConfigError(`${placeText(place)}: ${JSON.stringify(line)} is not a requirement`)
  return { requirement, line, source: placeText(place) }
}

export function placeText({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`
}

const WARNINGS: Readonly<Partial<Record<LockWarning['kind'], string>>> = {
  vcs: 'is in version control, and a mirror cannot have it',
  url: 'is a URL, and a mirror cannot have what it names',
  path: 'is a local file, and a mirror cannot have it',
  directory: 'is a local directory, and a mirror cannot have it',
  editable: 'is a local directory, and a mirror cannot have it',
  index: 'is another index; the project is taken from the master',
  'local-index': 'is a local index; the project is taken from the master',
  'weak-hash': 'has only hashes that are not safe',
  'no-files': 'names no file',
  'missing-file': 'is not there, and is passed over',
  'newer-version': 'is a newer version of the format than this program knows',
}

/** What the admin should know: options of one file are named in one line. */
function warningLines(all: readonly LockWarning[]): string[] {
  const options = all.filter(({ kind }) => kind === 'option')
  const lines = all.flatMap((warning) => {
    const what = WARNINGS[warning.kind]
    const about = [warning.package, warning.detail].filter((part) => part !== undefined && part !== '').join(' ')
    return what === undefined ? [] : [`${placeText(warning)}: ${about} ${what}`]
  })
  const [first] = options
  if (first === undefined) return lines
  return [...lines, `${first.file}: these options are passed over: ${options.map(({ detail }) => detail).join(', ')}`]
}
