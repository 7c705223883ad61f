import type { MarkerValue, OpenValue } from './marker-evaluate.js'
import type { Interpreter } from './tags.js'

/** Patch releases that a minor version of Python may have; no one so far had more than 25. */
const PATCHES = Array.from({ length: 41 }, (_, patch) => patch)
const ANY_TEXT: OpenValue = { values: ['', '0', 'x', '0.dev0', '10.0.19045', '6.1.0-28-amd64'], isAnyText: true }
/** PyPy has a version of its own, which is a version for certain. */
const ANY_VERSION: OpenValue = { values: ['0', '7.3.19', '999'], isAnyText: true }

/** Marker variables that the interpreter decides. https://peps.python.org/pep-0508/#environment-markers */
export function pythonVariables({ kind, minor }: Interpreter): [string, MarkerValue][] {
  const version = `3.${minor}`
  const full: OpenValue = { values: PATCHES.map((patch) => `${version}.${patch}`), isAnyText: false }
  const [name, implementation] = IMPLEMENTATIONS[kind]
  return [
    ['python_version', version],
    ['python_full_version', full],
    ['implementation_name', name],
    ['platform_python_implementation', implementation],
    ['implementation_version', kind === 'cp' ? full : ANY_VERSION],
  ]
}

const IMPLEMENTATIONS: Readonly<Record<Interpreter['kind'], readonly [MarkerValue, MarkerValue]>> = {
  cp: ['cpython', 'CPython'],
  pp: ['pypy', 'PyPy'],
  py: [
    { values: ['cpython', 'pypy', 'graalpy'], isAnyText: true },
    { values: ['CPython', 'PyPy', 'GraalVM'], isAnyText: true },
  ],
}

type System = readonly [osName: MarkerValue, sysPlatform: MarkerValue, platformSystem: MarkerValue]
const LINUX: System = ['posix', 'linux', 'Linux']
const WINDOWS: System = ['nt', 'win32', 'Windows']
const SYSTEMS: readonly (readonly [RegExp, System])[] = [
  [/^(?:many|musl)?linux/, LINUX],
  [/^macosx_/, ['posix', 'darwin', 'Darwin']],
  [/^win/, WINDOWS],
  [/^android_/, ['posix', 'android', 'Android']],
  [/^ios_/, ['posix', 'ios', { values: ['iOS', 'iPadOS'], isAnyText: false }]],
  [/_wasm32$/, ['posix', 'emscripten', 'Emscripten']],
]

/** Marker variables that the machine decides. */
export function platformVariables(platform: string): [string, MarkerValue][] {
  const system = SYSTEMS.find(([pattern]) => pattern.test(platform))?.[1] ?? [ANY_TEXT, ANY_TEXT, ANY_TEXT]
  return [
    ['os_name', system[0]],
    ['sys_platform', system[1]],
    ['platform_system', system[2]],
    ['platform_machine', machineOf(platform)],
    ['platform_release', ANY_TEXT],
    ['platform_version', ANY_TEXT],
  ]
}

const MACHINES: ReadonlyMap<string, MarkerValue> = new Map<string, MarkerValue>([
  ['win_amd64', 'AMD64'],
  ['win_arm64', 'ARM64'],
  ['win32', 'x86'],
])
const ANDROID: ReadonlyMap<string, MarkerValue> = new Map<string, MarkerValue>([
  ['arm64_v8a', 'aarch64'],
  ['x86_64', 'x86_64'],
  ['x86', 'i686'],
])

function machineOf(platform: string): MarkerValue {
  const known = MACHINES.get(platform)
  if (known !== undefined) return known
  const android = /^android_\d+_(\w+)$/.exec(platform)?.[1]
  if (android !== undefined) return ANDROID.get(android) ?? ANY_TEXT
  if (platform.endsWith('_wasm32')) return 'wasm32'
  return /^(?:manylinux\d*|musllinux|linux|macosx)_(?:\d+_\d+_)?(\w+)$/.exec(platform)?.[1] ?? ANY_TEXT
}
