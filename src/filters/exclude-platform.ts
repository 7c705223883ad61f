import type { ReleaseFile } from '../model/project.js'
import type { Plugin, PluginContext } from './context.js'
import { words } from '../python/text.js'
import { insteadOf } from './platform-words.js'
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
  // Not in 8.0: other architectures (aarch64, riscv64), which indexes other than PyPI take without a manylinux tag.
  '-linux_',
  '.linux_',
  '.linux-',
  '-manylinux2014_',
  '.manylinux2014_',
]
// PEP 730, 738, 776 and 783.
const IOS = ['-ios_']
const ANDROID = ['-android_']
const PYODIDE = ['-pyodide_', '-emscripten_', '-pyemscripten_']
const INTERPRETERS = ['cp', 'pp', 'ip', 'jy']
const PYTHON = /^py(2|2\.[4-7]|3|3\.\d{1,2})$/
/** A wheel for the stable ABI of a version works with every later one. */
const STABLE_ABI = /-abi3-[^-]+\.whl$/
const STABLE_ABI_WORD = /^cp3\d{1,2}-abi3$/

/** What a filename contains, and the package types, that stand for one word of `platforms`. */
interface Platform {
  readonly parts: readonly string[]
  /** it stands for a Python version: what other versions use too stays */
  readonly oneVersion?: true
  readonly packageTypes?: readonly string[]
}

const ON_WINDOWS: Platform = { parts: WINDOWS, packageTypes: ['bdist_msi', 'bdist_wininst'] }
const ON_MACOS: Platform = { parts: MACOS, packageTypes: ['bdist_dmg'] }
const ON_PYODIDE: Platform = { parts: PYODIDE }
const NAMED: ReadonlyMap<string, Platform> = new Map([
  ['windows', ON_WINDOWS],
  ['win', ON_WINDOWS],
  ['macos', ON_MACOS],
  ['macosx', ON_MACOS],
  ['ios', { parts: IOS }],
  ['android', { parts: ANDROID }],
  ['pyodide', ON_PYODIDE],
  ['emscripten', ON_PYODIDE],
])

function platformOf(word: string): Platform | undefined {
  const named = NAMED.get(word)
  if (named !== undefined) return named
  // 8.0 takes any part of these two words for the whole: `bsd` has worked for years.
  if ('freebsd'.includes(word)) return { parts: FREEBSD }
  if ('linux'.includes(word)) return { parts: LINUX, packageTypes: ['bdist_rpm'] }
  if (STABLE_ABI_WORD.test(word)) return { parts: [`-${word}-`] }
  const python = PYTHON.exec(word)?.[1]
  if (python !== undefined) return { parts: pythonTags(python), oneVersion: true }
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
        doc: 'Whose files are left out: windows, macos, freebsd, linux, ios, android, pyodide, a Python version such as py2.7.',
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
  const versionParts = new Set<string>()
  const packageTypes = new Set<string>()
  for (const word of words(setting)) {
    const platform = platformOf(word.toLowerCase())
    if (!platform) warn(`exclude_platform: ${JSON.stringify(word)} is not a known platform${insteadOf(word)}`)
    for (const part of platform?.parts ?? []) (platform?.oneVersion === true ? versionParts : parts).add(part)
    for (const type of platform?.packageTypes ?? []) packageTypes.add(type)
  }
  if (parts.size + versionParts.size === 0) return undefined
  const all = [...parts, ...versionParts]
  return {
    kind: 'release_file',
    name: 'exclude_platform',
    summary: `drops binaries with ${all.join(' ')} in their names`,
    settings: [[...parts].sort(), [...packageTypes].sort(), [...versionParts].sort()],
    pageSuffices: true,
    keepFile: (file) => !excluded(file, { parts, versionParts, packageTypes }),
  }
}

interface Excluded {
  readonly parts: ReadonlySet<string>
  readonly versionParts: ReadonlySet<string>
  readonly packageTypes: ReadonlySet<string>
}

function excluded(file: ReleaseFile, { parts, versionParts, packageTypes }: Excluded): boolean {
  const type = file.raw['packagetype']
  if (type === 'sdist') return false
  if (typeof type === 'string' && packageTypes.has(type)) return true
  for (const part of parts) if (file.filename.includes(part)) return true
  if (STABLE_ABI.test(file.filename)) return false
  for (const part of versionParts) if (file.filename.includes(part)) return true
  return false
}
