import type { WheelName } from './wheel-name.js'
import { platformTags } from './platform-tags.js'

/** What an interpreter on a machine can install (PEP 425). */
export interface TagSet {
  /** all tags, best first, such as `cp311-cp311-manylinux_2_28_x86_64`; several hundred to some thousand */
  list(): string[]
  /** the place in that list of the wheel's best tag; undefined if the wheel cannot be installed */
  rank(wheel: WheelName): number | undefined
}

/** The part of a tag that does not depend on the machine, and whether `any` or each platform follows it. */
interface Row {
  readonly head: string
  readonly isAny: boolean
}

export interface Interpreter {
  /** `cp`, `pp`, or `py` for one that is not known and takes only pure Python wheels */
  readonly kind: 'cp' | 'pp' | 'py'
  readonly minor: number
  /** such as `cp313t`; the usual one of the interpreter where undefined */
  readonly abi: string | undefined
}

/** The tags of a Python 3 on a machine with this best platform tag; undefined if that is not one. */
export function createTagSet(interpreter: Interpreter, platform: string): TagSet | undefined {
  const platforms = platformTags(platform)
  if (platforms === undefined) return undefined
  const rows = [...ownRows(interpreter), ...commonRows(interpreter)]
  const places = placesOf(rows, platforms.length)
  const order = new Map(platforms.map((tag, i) => [tag, i]))
  return {
    list: () => rows.flatMap(({ head, isAny }) => (isAny ? ['any'] : platforms).map((tag) => `${head}-${tag}`)),
    rank(wheel) {
      let best: number | undefined
      for (const head of wheel.interpreters.flatMap((name) => wheel.abis.map((abi) => `${name}-${abi}`))) {
        const place = places.get(head)
        if (place === undefined) continue
        for (const platform of wheel.platforms) {
          const offset = order.get(platform)
          const index = platform === 'any' ? place.any : offset === undefined ? undefined : place.platforms + offset
          if (index !== undefined && !(index >= (best ?? Infinity))) best = index
        }
      }
      return best
    },
  }
}

/** Where the tags of a row stand in the list: the first of the machine's platforms, and `any`. */
interface Place {
  platforms: number
  any: number | undefined
}

function placesOf(rows: readonly Row[], width: number): Map<string, Place> {
  const places = new Map<string, Place>()
  let index = 0
  for (const { head, isAny } of rows) {
    const place = places.get(head) ?? { platforms: NaN, any: undefined }
    places.set(head, isAny ? { ...place, any: index } : { ...place, platforms: index })
    index += isAny ? 1 : width
  }
  return places
}

/** https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/ and PEP 703, PEP 803 */
function ownRows({ kind, minor, abi }: Interpreter): Row[] {
  if (kind === 'py') return []
  const name = `${kind}3${minor}`
  if (kind === 'pp') return rowsOf([`${name}-${abi ?? `pypy3${minor}_pp73`}`, `${name}-none`])
  const own = abi ?? `cp3${minor}`
  // Builds without the global interpreter lock have a stable ABI of their own.
  const stable = /^cp\d+.*t/.test(own) ? 'abi3t' : 'abi3'
  const older = Array.from({ length: Math.max(0, minor - 2) }, (_, i) => `cp3${minor - 1 - i}-${stable}`)
  return rowsOf([...cpythonAbis(own).map((each) => `${name}-${each}`), `${name}-${stable}`, `${name}-none`, ...older])
}

/** A debug build also loads the extension modules of a normal one. */
function cpythonAbis(abi: string): string[] {
  return abi.endsWith('d') ? [abi, abi.slice(0, -1)] : [abi]
}

function rowsOf(heads: readonly string[]): Row[] {
  return heads.map((head) => ({ head, isAny: false }))
}

function commonRows({ kind, minor }: Interpreter): Row[] {
  const names = [`py3${minor}`, 'py3', ...Array.from({ length: minor }, (_, i) => `py3${minor - 1 - i}`)]
  const own = kind === 'py' ? [] : [{ head: kind === 'pp' ? 'pp3-none' : `cp3${minor}-none`, isAny: true }]
  const heads = names.map((name) => `${name}-none`)
  return [...rowsOf(heads), ...own, ...heads.map((head) => ({ head, isAny: true }))]
}
