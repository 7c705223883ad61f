import type { ConfigFile } from '../config/types.js'
import { field } from '../model/json.js'
import type { JsonObject, Release, ReleaseFile } from '../model/project.js'
import { normalizeName } from '../packaging/name.js'
import { parseTimestamp } from '../python/timestamp.js'
import type { Plugin, PluginContext } from './context.js'
import { parsePackageLines, requirementTable } from './package-lines.js'
import type { PackageLine } from './package-lines.js'
import type { ReleaseFileFilter } from './types.js'

const SECTION = 'release_age'
const DAY = 86_400_000
/** A hundred years: more is a slip of the pen. */
const MOST_DAYS = 36_500

/** The settings of `[release_age]`. */
export interface ReleaseAgeRules {
  /** milliseconds */
  readonly minAge: number
  /** milliseconds since the epoch: files uploaded at or after it are never kept */
  readonly notAfter: number | undefined
  readonly unknownTime: 'drop' | 'keep'
  /** whether the age of a release plays no part; `name` normalized */
  readonly isExempt: (name: string, version: string) => boolean
}

/** What a file's age says. `until`: milliseconds since the epoch; undefined where no time will change it. */
export type AgeVerdict = { readonly keep: true } | { readonly keep: false; readonly until: number | undefined }

/** A file with the project and version that it belongs to. */
export interface AgedFile {
  /** normalized name of the project */
  readonly name: string
  readonly version: string
  /** as upstream gives it */
  readonly uploadTime: string | undefined
}

/** Whether a file is old enough at `now` (milliseconds since the epoch), and from when on it will be. */
export function judgeAge(rules: ReleaseAgeRules, { name, version, uploadTime }: AgedFile, now: number): AgeVerdict {
  if (rules.isExempt(name, version)) return { keep: true }
  const uploaded = uploadTime === undefined ? undefined : parseMoment(uploadTime)
  if (uploaded === undefined) return rules.unknownTime === 'keep' ? { keep: true } : { keep: false, until: undefined }
  if (rules.notAfter !== undefined && uploaded >= rules.notAfter) return { keep: false, until: undefined }
  const until = uploaded + rules.minAge
  return until <= now ? { keep: true } : { keep: false, until }
}

/**
 * The moment of an upload time in whole milliseconds since the epoch, rounded up: a file is never shown too early.
 * Without an offset it is UTC, as PEP 700 has all times.
 */
function parseMoment(text: string): number | undefined {
  const stamp = parseTimestamp(text)
  const aware = stamp === undefined || stamp.aware ? stamp : parseTimestamp(`${stamp.iso}Z`)
  return aware?.aware === true ? aware.instant.seconds * 1000 + Math.ceil(aware.instant.micros / 1000) : undefined
}

/** A release_file filter that says until when it holds a file back. */
export type ReleaseAgeFilter = ReleaseFileFilter & Required<Pick<ReleaseFileFilter, 'dueAt'>>

/**
 * release_age: holds files back until they have been on the index for `min_days`. The engine looks at a project again
 * when a file of it is due.
 */
export const releaseAge = {
  options: {
    [SECTION]: {
      min_days: {
        type: 'number',
        added: true,
        min: 0,
        max: MOST_DAYS,
        doc: 'How long a file is held back after its upload: days, with a fraction if wanted.',
      },
      not_after: {
        type: 'text',
        added: true,
        doc: 'Files that were uploaded later are never mirrored: a date or a time.',
      },
      unknown_time: {
        type: 'choice',
        added: true,
        choices: ['drop', 'keep'],
        fallback: 'drop',
        doc: 'What becomes of files without a readable upload time.',
      },
      exempt: {
        type: 'list',
        added: true,
        doc: 'Projects, or single versions as `name==1.0`, that are not held back.',
      },
    },
  },
  create: createReleaseAge,
} satisfies Plugin

/** @throws ConfigError */
function createReleaseAge(context: PluginContext): ReleaseAgeFilter | undefined {
  const { config, warnUnused, now } = context
  const days = readDays(config)
  const notAfter = readNotAfter(config)
  const exempt = readExempt(config)
  const unknownTime = readUnknownTime(config)
  if (days === 0 && notAfter === undefined) {
    warnUnused('release_age: neither [release_age] min_days nor not_after is set, so it keeps every file')
    return undefined
  }
  const rules: ReleaseAgeRules = { minAge: days * DAY, notAfter, unknownTime, isExempt: exemption(exempt) }
  const judge = (file: ReleaseFile, release: Release, info: JsonObject): AgeVerdict => {
    const name = field(info, 'name')
    const { uploadTime } = file
    const { version } = release
    return judgeAge(rules, { name: typeof name === 'string' ? normalizeName(name) : '', version, uploadTime }, now)
  }
  return {
    kind: 'release_file',
    name: 'release_age',
    summary: summaryOf(days, notAfter),
    // Of a page without upload times `unknown_time` decides.
    pageSuffices: true,
    settings: [days, notAfter ?? null, unknownTime, requirementTable(requirementsOf(exempt)).keys],
    keepFile: (...args) => judge(...args).keep,
    dueAt: (...args) => {
      const verdict = judge(...args)
      return verdict.keep ? undefined : verdict.until
    },
  }
}

function summaryOf(days: number, notAfter: number | undefined): string {
  const age = days === 0 ? [] : [`for ${days} ${days === 1 ? 'day' : 'days'} after they were uploaded`]
  const hard =
    notAfter === undefined ? [] : [`for ever when they were uploaded at or after ${new Date(notAfter).toISOString()}`]
  return `holds files back ${[...age, ...hard].join(', and ')}`
}

function readDays(config: ConfigFile): number {
  const days = config.getFloat(SECTION, 'min_days') ?? 0
  if (days >= 0 && days <= MOST_DAYS) return days
  throw config.invalid(SECTION, 'min_days', `must be a number of days from 0 to ${MOST_DAYS}`)
}

/** A day counts to its end, as with `uv --exclude-newer`; here always in UTC. */
function readNotAfter(config: ConfigFile): number | undefined {
  const text = config.get(SECTION, 'not_after')?.trim() ?? ''
  if (text === '') return undefined
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? parseMoment(`${text}T00:00:00Z`) : undefined
  const moment = day === undefined ? parseMoment(text) : day + DAY
  if (moment !== undefined && /^\d{4}-\d{2}-\d{2}(?:$|[T ]\d)/.test(text)) return moment
  throw config.invalid(SECTION, 'not_after', 'must be a date such as 2026-11-30 or a time such as 2026-11-30T12:00:00Z')
}

function readUnknownTime(config: ConfigFile): 'drop' | 'keep' {
  const value = config.get(SECTION, 'unknown_time')?.trim() ?? 'drop'
  if (value === 'drop' || value === 'keep') return value
  throw config.invalid(SECTION, 'unknown_time', 'must be drop or keep')
}

function readExempt(config: ConfigFile): PackageLine[] {
  const lines = config.get(SECTION, 'exempt')?.split('\n') ?? []
  const fail = (line: string): Error =>
    config.invalid(SECTION, 'exempt', `${JSON.stringify(line)} is neither a name nor a requirement`)
  return parsePackageLines(lines, { skip: ['#'], comments: true, fail })
}

function requirementsOf(lines: readonly PackageLine[]): PackageLine['requirement'][] {
  return lines.map(({ requirement }) => requirement)
}

/** A line without versions exempts every version, one that PEP 440 does not know included. */
function exemption(lines: readonly PackageLine[]): ReleaseAgeRules['isExempt'] {
  const table = requirementTable(requirementsOf(lines))
  const bare = requirementsOf(lines).filter(({ specifier }) => specifier.length === 0)
  const whole = new Set(bare.map(({ name }) => normalizeName(name)))
  return (name, version) => whole.has(name) || table.admits(name, version)
}
