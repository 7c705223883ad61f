import type { ReleaseFile } from '../model/project.js'
import type { Plugin, PluginContext } from './context.js'
import { words } from '../python/text.js'
import type { ReleaseFileFilter } from './types.js'

const WINDOWS = ['.win32', '-win32', 'win_amd64', 'win-amd64', 'win_arm64', 'win-arm64']
const MACOS = ['macosx_', 'macosx-']
const FREEBSD = ['.freebsd', '-freebsd']
// PEP 425, 513, 571, 599, 600 and 656, and the two that PyPI takes for the Raspberry Pi.
const LINUX = [
  'linux-i686',
  'linux-x86_64',
  'linux_armv7l',
  'linux_armv6l',
  'manylinux1_i686',
  'manylinux1_x86_64',
  'manylinux2010_i686',
  'manylinux2010_x86_64',
  'manylinux2014_x86_64',
  'manylinux2014_i686',
  'manylinux2014_aarch64',
  'manylinux2014_armv7l',
  'manylinux2014_ppc64',
  'manylinux2014_ppc64le',
  'manylinux2014_s390x',
  '-manylinux_',
  'musllinux',
]
const INTERPRETERS = ['cp', 'pp', 'ip', 'jy']
const PYTHON_2 = ['2', '2.4', '2.5', '2.6', '2.7']
const LATEST_PYTHON_3_MINOR = 14
const PYTHON_3 = ['3', ...Array.from({ length: LATEST_PYTHON_3_MINOR + 1 }, (_, minor) => `3.${minor}`)]
const PYTHONS = new Map([...PYTHON_2, ...PYTHON_3].map((version) => [`py${version}`, version]))

/** What a filename contains, and the package types, that stand for one word of `platforms`. */
interface Platform {
  readonly parts: readonly string[]
  readonly packageTypes?: readonly string[]
}

function platformOf(word: string): Platform | undefined {
  if (word === 'windows' || word === 'win') return { parts: WINDOWS, packageTypes: ['bdist_msi', 'bdist_wininst'] }
  if (word === 'macos' || word === 'macosx') return { parts: MACOS, packageTypes: ['bdist_dmg'] }
  // 8.0 takes any part of these two words for the whole: `bsd` has worked for years.
  if ('freebsd'.includes(word)) return { parts: FREEBSD }
  if ('linux'.includes(word)) return { parts: LINUX, packageTypes: ['bdist_rpm'] }
  const python = PYTHONS.get(word)
  if (python !== undefined) return { parts: pythonTags(python) }
  return WINDOWS.includes(word) || LINUX.includes(word) ? { parts: [word] } : undefined
}

/** The first part of wheel and egg tags: `-cp36-`, …, `-py3.6-`, and `-py3.6.` before a file extension. */
function pythonTags(version: string): string[] {
  const digits = version.replace('.', '')
  return [...INTERPRETERS.map((interpreter) => `-${interpreter}${digits}-`), `-py${version}-`, `-py${version}.`]
}

/** exclude_platform: drops binary files of platforms and Python versions, never source distributions. */
export const excludePlatform = {
  options: {
    blocklist: {
      platforms: {
        type: 'list',
        doc: 'Whose files are left out: windows, macos, freebsd, linux, a Python version such as py2.7.',
      },
    },
  },
  create: createExcludePlatform,
} satisfies Plugin

function createExcludePlatform({ config, warnUnused, warn }: PluginContext): ReleaseFileFilter | undefined {
  const setting = config.get('blocklist', 'platforms')
  if (setting === undefined) {
    warnUnused('exclude_platform: [blocklist] platforms is not set, so it keeps every file')
    return undefined
  }
  const parts = new Set<string>()
  const packageTypes = new Set<string>()
  for (const word of words(setting)) {
    const platform = platformOf(word.toLowerCase())
    if (!platform) warn(`exclude_platform: ${JSON.stringify(word)} is not a known platform`)
    for (const part of platform?.parts ?? []) parts.add(part)
    for (const type of platform?.packageTypes ?? []) packageTypes.add(type)
  }
  if (parts.size === 0) return undefined
  return {
    kind: 'release_file',
    name: 'exclude_platform',
    summary: `drops binaries with ${[...parts].join(' ')} in their names`,
    settings: [[...parts].sort(), [...packageTypes].sort()],
    pageSuffices: true,
    keepFile: (file) => !excluded(file, parts, packageTypes),
  }
}

function excluded(file: ReleaseFile, parts: ReadonlySet<string>, packageTypes: ReadonlySet<string>): boolean {
  const type = file.raw['packagetype']
  if (type === 'sdist') return false
  if (typeof type === 'string' && packageTypes.has(type)) return true
  for (const part of parts) if (file.filename.includes(part)) return true
  return false
}
