/** Architectures for which manylinux tags are defined (PEP 600); the first two reach back to glibc 2.5. */
const MANYLINUX = ['x86_64', 'i686', 'aarch64', 'armv7l', 'ppc64', 'ppc64le', 's390x', 'riscv64', 'loongarch64']
const LEGACY: ReadonlyMap<number, string> = new Map([
  [17, 'manylinux2014'],
  [12, 'manylinux2010'],
  [5, 'manylinux1'],
])
/** Older names of manylinux tags and the minor version of glibc 2 that they stand for. */
const LEGACY_MINOR: ReadonlyMap<string, number> = new Map([...LEGACY].map(([minor, name]) => [name, minor]))
const MAC_ARCHITECTURES = ['arm64', 'x86_64']
const FIXED = /^(?:win32|win_amd64|win_arm64|(?:pyodide|pyemscripten|emscripten)_\w+_wasm32)$/
/** An environment with this platform has no platform of its own: it takes pure Python wheels only. */
export const ANY = 'any'

/** The last and typical platform tag of each kind, to suggest where one is misspelled. */
export const PLATFORM_EXAMPLES: readonly string[] = [
  ...MANYLINUX.flatMap((arch) => [`manylinux_2_28_${arch}`, `musllinux_1_2_${arch}`, `linux_${arch}`]),
  ...MAC_ARCHITECTURES.map((arch) => `macosx_14_0_${arch}`),
  ...[
    'win_amd64',
    'win32',
    'win_arm64',
    'android_24_arm64_v8a',
    'ios_13_0_arm64_iphoneos',
    'pyodide_2025_0_wasm32',
    ANY,
  ],
]

/**
 * The platform tags that a machine accepts whose best one this is, best first, in the order of `packaging` 26.3
 * (PEP 425, 600, 656, 730, 738). undefined if it is not the tag of a machine.
 */
export function platformTags(best: string): string[] | undefined {
  if (best === ANY) return []
  if (FIXED.test(best)) return [best]
  const [, kind = '', a = '', b = '0', rest = ''] =
    /^(manylinux|musllinux|macosx|ios)_(\d{1,3})_(\d{1,3})_(\w+)$/.exec(best) ??
    /^(android)_(\d{1,3})()_(\w+)$/.exec(best) ??
    /^(manylinux1|manylinux2010|manylinux2014|linux)()()_(\w+)$/.exec(best) ??
    []
  const [major, minor] = [Number(a), Number(b)]
  switch (kind) {
    case 'linux':
      return linuxTags(rest)
    case 'manylinux':
      return major === 2 ? manylinuxTags(minor, rest) : undefined
    case 'manylinux1':
    case 'manylinux2010':
    case 'manylinux2014':
      return manylinuxTags(LEGACY_MINOR.get(kind) ?? 0, rest)
    case 'musllinux':
      return [...linuxTags(rest), ...linuxNames(rest).flatMap((arch) => musllinuxTags(major, minor, arch))]
    case 'macosx':
      return macTags(major, minor, rest)
    case 'ios':
      return iosTags(major, minor, rest)
    case 'android':
      return down(major, 16).map((level) => `android_${level}_${rest}`)
    default:
      return undefined
  }
}

function down(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, from - to + 1) }, (_, i) => from - i)
}

/** A 32-bit Python on a 64-bit ARM machine also takes what was built for the older architecture. */
function linuxNames(arch: string): string[] {
  return arch === 'armv8l' ? ['armv8l', 'armv7l'] : [arch]
}

function linuxTags(arch: string): string[] {
  return linuxNames(arch).map((name) => `linux_${name}`)
}

function manylinuxTags(minor: number, arch: string): string[] | undefined {
  if (!linuxNames(arch).some((name) => MANYLINUX.includes(name))) return undefined
  const oldest = arch === 'x86_64' || arch === 'i686' ? 5 : 17
  const tags = linuxNames(arch).flatMap((name) =>
    down(minor, oldest).flatMap((each) => {
      const legacy = LEGACY.get(each)
      return [`manylinux_2_${each}_${name}`, ...(legacy === undefined ? [] : [`${legacy}_${name}`])]
    }),
  )
  return [...linuxTags(arch), ...tags]
}

function musllinuxTags(major: number, minor: number, arch: string): string[] {
  return down(minor, 0).map((each) => `musllinux_${major}_${each}_${arch}`)
}

function macTags(major: number, minor: number, arch: string): string[] | undefined {
  if (!MAC_ARCHITECTURES.includes(arch)) return undefined
  const formats =
    arch === 'x86_64' ? ['x86_64', 'intel', 'fat64', 'fat3', 'universal2', 'universal'] : ['arm64', 'universal2']
  const tags = (version: string, kinds: readonly string[]): string[] => kinds.map((kind) => `macosx_${version}_${kind}`)
  if (major === 10) return down(minor, arch === 'x86_64' ? 4 : 0).flatMap((each) => tags(`10_${each}`, formats))
  if (major < 10) return undefined
  // Programs for ARM exist since macOS 11, but a universal binary may name the older system that its other half needs.
  const older = arch === 'x86_64' ? formats : ['universal2']
  return [
    ...down(major, 11).flatMap((each) => tags(`${each}_0`, formats)),
    ...down(16, 4).flatMap((each) => tags(`10_${each}`, older)),
  ]
}

function iosTags(major: number, minor: number, rest: string): string[] | undefined {
  if (major < 12) return undefined
  return [
    ...down(minor, 0).map((each) => `ios_${major}_${each}_${rest}`),
    ...down(major - 1, 12).flatMap((each) => down(9, 0).map((low) => `ios_${each}_${low}_${rest}`)),
  ]
}
