import { normalizeName } from './name.js'

const SDIST = /\.(?:tar\.gz|tar\.bz2|tar\.xz|tar\.Z|tgz|tar|zip)$/i
const INSTALLER = /\.(?:exe|msi|dmg|rpm|deb|egg)$/i
/** What installers and eggs put behind the version: `.win32-py2.7`, `-py3.8`, `.linux-x86_64`, `-1.noarch`. */
const PLATFORM = /(?:[.-](?:win32|win-amd64|linux-\w+|macosx-.*|py\d.*|\d+\.(?:noarch|src|x86_64)))+$/i

/**
 * The version that a release file's name tells, for indexes that have no JSON API.
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
  if (filename.endsWith('.whl')) return rest.split('-')[0]
  return rest.replace(SDIST, '').replace(INSTALLER, '').replace(PLATFORM, '') || undefined
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
  return next === '' || next.startsWith('-') || SDIST.test(next) || INSTALLER.test(next)
}

const PACKAGE_TYPES: readonly (readonly [RegExp, string])[] = [
  [/\.whl$/i, 'bdist_wheel'],
  [/\.egg$/i, 'bdist_egg'],
  [/\.exe$/i, 'bdist_wininst'],
  [/\.msi$/i, 'bdist_msi'],
  [/\.dmg$/i, 'bdist_dmg'],
  [/\.rpm$/i, 'bdist_rpm'],
]

/** The `packagetype` that PyPI's JSON API would give. */
export function packageType(filename: string): string {
  return PACKAGE_TYPES.find(([pattern]) => pattern.test(filename))?.[1] ?? 'sdist'
}
