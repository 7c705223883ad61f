import type { Environment } from '../packaging/environment.js'
import { choose, meetsRequiresPython } from '../packaging/environment.js'
import type { Truth } from '../packaging/marker-evaluate.js'
import type { WheelName } from '../packaging/wheel-name.js'
import { parseWheelName } from '../packaging/wheel-name.js'
import type { SdistPolicy } from './types.js'

/** What decides about a file: its name and, where upstream's page tells it, Requires-Python. */
export interface ReleaseFileFacts {
  readonly filename: string
  readonly requiresPython: string | undefined
}

/** Decides about the files of one release for one environment. */
export interface FileSelector {
  /** The file that pip would install: the best wheel, else an sdist unless they are dropped. */
  choose<T extends ReleaseFileFacts>(files: readonly T[]): T | undefined
  /** The files that are kept: all wheels that can be installed, and sdists as the policy says. */
  keep<T extends ReleaseFileFacts>(files: readonly T[]): T[]
}

/** The archives that pip takes for an sdist. */
const SDIST = /\.(?:tar\.gz|zip|tgz|tar|tar\.bz2|tbz|tar\.xz|txz|tlz|tar\.lz|tar\.lzma)$/i

export function isSdist(filename: string): boolean {
  return SDIST.test(filename)
}

/** Selectors remember what they found out about texts that occur in many releases. */
export function createFileSelector(environment: Environment, sdists: SdistPolicy): FileSelector {
  const pythons = new Map<string | undefined, Truth>()
  const meetsPython = ({ requiresPython }: ReleaseFileFacts): boolean => {
    const truth = pythons.get(requiresPython) ?? meetsRequiresPython(environment, requiresPython)
    pythons.set(requiresPython, truth)
    return truth !== 'false'
  }
  const isUsableSdist = (file: ReleaseFileFacts): boolean => isSdist(file.filename) && meetsPython(file)

  function usableWheels<T extends ReleaseFileFacts>(files: readonly T[]): (WheelName & { file: T })[] {
    const wheels: (WheelName & { file: T })[] = []
    for (const file of files) {
      if (!file.filename.endsWith('.whl') || !meetsPython(file)) continue
      const wheel = parseWheelName(file.filename)
      if (wheel !== undefined && environment.tags.rank(wheel) !== undefined) wheels.push({ ...wheel, file })
    }
    return wheels
  }

  return {
    choose: (files) =>
      choose(environment, usableWheels(files))?.file ?? (sdists === 'drop' ? undefined : files.find(isUsableSdist)),
    keep(files) {
      const wheels = new Set(usableWheels(files).map(({ file }) => file))
      const withSdists = sdists === 'keep' || (sdists === 'when-needed' && wheels.size === 0)
      return files.filter((file) => wheels.has(file) || (withSdists && isUsableSdist(file)))
    },
  }
}

/** The files of one release, in their order, that one of the selectors keeps. */
export function keepFiles<T extends ReleaseFileFacts>(files: readonly T[], selectors: readonly FileSelector[]): T[] {
  const kept = new Set(selectors.flatMap((selector) => selector.keep(files)))
  return files.filter((file) => kept.has(file))
}
