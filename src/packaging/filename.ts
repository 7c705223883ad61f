import { normalizeName } from './name.js'

const SDIST = /\.(?:tar\.gz|tar\.bz2|tar\.xz|tar\.Z|tgz|tar|zip)$/i
const INSTALLER = /\.(?:exe|msi|dmg|rpm|deb|egg)$/i
/** The variants of a release's wheels in one JSON document (PEP 825, a draft). It is not an sdist. */
const VARIANTS = /-variants\.json$/i
/** What installers, eggs and binary archives put behind the version: `.win32-py2.7`, `-py3.8`, `-1.noarch`. */
const PLATFORM = /(?:[.-](?:win32|win-amd64|linux-\w+|macosx-.*|py\d.*|\d+\.(?:noarch|src|x86_64)))+$/i

/**
 * The version that a release file's name tells, for indexes that have no JSON API. Undefined where the name does not
 * begin with the project's, or does not end like that of a release file.
 * https://packaging.python.org/en/latest/specifications/binary-distribution-format/#file-name-convention
 * @param versions those that the project's page lists (PEP 700); one of them that fits wins
 */
export function versionFromFilename(
  filename: string,
  project: string,
  versions: readonly string[] = [],
): string | undefined {
  const rest = afterName(filename, project)
  if (rest === undefined) return undefined
  const fitting = versions.filter((version) => fits(rest, version)).sort((a, b) => b.length - a.length)
  if (fitting[0] !== undefined) return fitting[0]
  if (/\.whl$/i.test(filename)) return rest.split('-')[0]
  return withoutEnding(rest) || undefined
}

/** The text without the ending and the platform of a release file; undefined where it has no such ending. */
function withoutEnding(text: string): string | undefined {
  const ending = [VARIANTS, SDIST, INSTALLER].find((pattern) => pattern.test(text))
  return ending === undefined ? undefined : text.replace(ending, '').replace(PLATFORM, '')
}

/** What follows the project's name and a hyphen; older names hold hyphens and dots themselves. */
function afterName(filename: string, project: string): string | undefined {
  const name = normalizeName(project)
  for (let at = filename.indexOf('-'); at >= 0; at = filename.indexOf('-', at + 1)) {
    if (normalizeName(filename.slice(0, at)) === name) return filename.slice(at + 1)
  }
  return undefined
}

function fits(rest: string, version: string): boolean {
  const escaped = rest.startsWith(version) ? version : version.replace(/-/g, '_')
  if (!rest.startsWith(escaped)) return false
  const next = rest.slice(escaped.length)
  return next === '' || next.startsWith('-') || withoutEnding(next) === ''
}

const PACKAGE_TYPES: readonly (readonly [RegExp, string])[] = [
  [/\.whl$/i, 'bdist_wheel'],
  [/\.egg$/i, 'bdist_egg'],
  [/\.exe$/i, 'bdist_wininst'],
  [/\.msi$/i, 'bdist_msi'],
  [/\.dmg$/i, 'bdist_dmg'],
  [/\.rpm$/i, 'bdist_rpm'],
]

/** The `packagetype` that PyPI's JSON API would give; undefined for what is not a distribution. */
export function packageType(filename: string): string | undefined {
  const known = PACKAGE_TYPES.find(([pattern]) => pattern.test(filename))
  if (known !== undefined) return known[1]
  if (!SDIST.test(filename)) return undefined
  // An archive of built files, as `setup.py bdist_dumb` made them, names its platform.
  return PLATFORM.test(filename.replace(SDIST, '')) ? 'bdist_dumb' : 'sdist'
}
