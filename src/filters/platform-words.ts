import { nearest } from '../model/nearest.js'

/** Words that `[blocklist] platforms` does not know, and what says the same. */
const INSTEAD: readonly (readonly [word: RegExp, instead: string])[] = [
  [/^win-?32$/, 'write -win32 and .win32, or windows for all of Windows'],
  [/^(?:win-?64|amd64|x64)$/, 'write win_amd64, or windows for all of Windows'],
  [/^(?:mac|os-?x|darwin|apple)$/, 'write macos'],
  [/^manylinux(?:1|2010|2014|_[\d_]+)?$/, 'write linux, or whole tags such as manylinux2014_x86_64'],
  [
    /^(?:aarch64|arm64|x86_64|i686|i386|ppc64le|s390x|riscv64|armv7l)$/,
    'write whole tags such as manylinux2014_aarch64',
  ],
  [/^(?:wasm|wasm32|webassembly)$/, 'write pyodide'],
  [/^[#;]/, 'a comment needs its own line'],
]

const KNOWN = ['windows', 'win', 'macos', 'macosx', 'freebsd', 'linux', 'ios', 'android', 'pyodide', 'py2', 'py3']

/** What to write instead of a word that is not a platform, to follow the message; '' where nobody can tell. */
export function insteadOf(word: string): string {
  const lower = word.toLowerCase()
  const [, major, minor] = /^(?:py|cp|python|)([23])\.?(\d{1,2})?$/.exec(lower) ?? []
  if (major !== undefined) return `; write py${major}${minor === undefined ? '' : `.${minor}`}`
  const instead = INSTEAD.find(([pattern]) => pattern.test(lower))?.[1] ?? nearestWord(lower)
  return instead === undefined ? '' : `; ${instead}`
}

function nearestWord(word: string): string | undefined {
  const near = nearest(word, KNOWN)
  return near === undefined ? undefined : `did you mean ${near}?`
}
