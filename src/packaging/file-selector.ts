import type { Environment } from './environment.js'
import { choose, meetsRequiresPython } from './environment.js'
import type { WheelName } from './wheel-name.js'
import { parseWheelName } from './wheel-name.js'

/** `when-needed`: only where a release has no wheel that the environment can install */
export type SdistPolicy = 'keep' | 'when-needed' | 'drop'

/** What decides about a file: its name and, where upstream's page tells it, Requires-Python. */
export interface ReleaseFileFacts {
  readonly filename: string
  readonly requiresPython: string | undefined
}

/** Decides about files for one environment. */
export interface FileSelector {
  /** Whether the environment can install the file, sdists included unless they are dropped. */
  isUsable(file: ReleaseFileFacts): boolean
  /** The file of a release that pip would install: the best wheel, else an sdist. */
  choose<T extends ReleaseFileFacts>(files: readonly T[]): T | undefined
  /** The files of a release that are kept: all wheels that can be installed, and sdists as the policy says. */
  keep<T extends ReleaseFileFacts>(files: readonly T[]): T[]
}

/** The archives that pip takes for an sdist. */
const SDIST = /\.(?:tar\.gz|zip|tgz|tar|tar\.bz2|tbz|tar\.xz|txz|tlz|tar\.lz|tar\.lzma)$/i

export function isSdist(filename: string): boolean {
  return SDIST.test(filename)
}

/** A selector remembers what it found out about texts that occur in many releases. */
export function createFileSelector(environment: Environment, sdists: SdistPolicy): FileSelector {
  const meetsPython = remembered((text: string | undefined) => meetsRequiresPython(environment, text) !== 'false')
  const takesTags = remembered((tags: string) => {
    const wheel = parseWheelName(`x-1-${tags}`)
    return wheel !== undefined && environment.tags.rank(wheel) !== undefined
  })

  function usableWheel({ filename, requiresPython }: ReleaseFileFacts): WheelName | undefined {
    const usable = filename.endsWith('.whl') && takesTags(tagsOf(filename)) && meetsPython(requiresPython)
    return usable ? parseWheelName(filename) : undefined
  }
  function isUsableSdist({ filename, requiresPython }: ReleaseFileFacts): boolean {
    return sdists !== 'drop' && isSdist(filename) && meetsPython(requiresPython)
  }

  return {
    isUsable: (file) => isUsableSdist(file) || usableWheel(file) !== undefined,
    choose(files) {
      const wheels = files.flatMap((file) => {
        const wheel = usableWheel(file)
        return wheel === undefined ? [] : [{ ...wheel, file }]
      })
      return choose(environment, wheels)?.file ?? files.find(isUsableSdist)
    },
    keep(files) {
      const wheels = new Set(files.filter((file) => usableWheel(file) !== undefined))
      const withSdists = sdists === 'keep' || wheels.size === 0
      return files.filter((file) => wheels.has(file) || (withSdists && isUsableSdist(file)))
    },
  }
}

/** The last three fields of a wheel's file name, which many wheels share. */
function tagsOf(filename: string): string {
  let at = filename.length
  for (let field = 0; field < 3 && at > 0; field++) at = filename.lastIndexOf('-', at - 1)
  return filename.slice(at + 1)
}

function remembered<K>(decide: (key: K) => boolean): (key: K) => boolean {
  const known = new Map<K, boolean>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const answer = decide(key)
    known.set(key, answer)
    return answer
  }
}
