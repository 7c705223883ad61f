import type { Storage } from '../../../src/storage/types.js'
import { createPackageIndex, sdist, wheel } from '../../helpers/index/index.js'
import type { PackageIndex } from '../../helpers/index/index.js'
import type { IndexFile } from '../../helpers/index/types.js'

type UpstreamStep = 'yank' | 'unyank' | 'remove' | 'quarantine' | 'clear'

/** One thing that happens in a timeline. */
export type Step =
  | { readonly kind: 'pass'; readonly hours: number }
  | { readonly kind: 'upload'; readonly project: string; readonly old: boolean }
  | { readonly kind: UpstreamStep | 'sync'; readonly project: string }
  | { readonly kind: 'min-days'; readonly days: number }
  /** the clock of the mirror is wrong from now on, by so many days */
  | { readonly kind: 'clock'; readonly days: number }
  | { readonly kind: 'run' | 'verify' }
  /** a run that dies with its nth write */
  | { readonly kind: 'kill'; readonly writes: number }

const HOUR = 3600_000
const DAY = 24 * HOUR

/** An index whose uploads have the time of the world, and a mirror's clock that may be wrong. */
export interface World {
  readonly index: PackageIndex
  /** milliseconds since the epoch */
  readonly now: () => number
  /** what the mirror takes for the time */
  readonly clock: () => Date
  readonly minDays: () => number
  /** Changes index, time or configuration; false for a step that is up to the mirror. */
  readonly apply: (step: Step) => boolean
  /** files that the index offers, by normalized project name */
  readonly offered: () => Map<string, IndexFile[]>
  /** files that it ever offered: stored documents may still name them */
  readonly uploaded: ReadonlyMap<string, number>
}

export function createWorld(start: number): World {
  let now = start
  let offset = 0
  let minDays = 2
  let count = 0
  const uploaded = new Map<string, number>()
  const index = createPackageIndex({ clock: () => now })
  // An index without projects is taken for one that is out of order.
  index.publish('anchor', '1.0', [wheel({ name: 'anchor', version: '1.0' })])
  const latest = (project: string): string | undefined =>
    [...(index.projects.get(project)?.releases.keys() ?? [])].at(-1)
  const withLatest = (project: string, change: (version: string) => void): void => {
    const version = latest(project)
    if (version !== undefined) change(version)
  }

  function upload(project: string, old: boolean): void {
    const name = project
    const version = old ? latest(project) : undefined
    count += 1
    // A further file of an old release is the attack that an age by release would miss.
    if (version === undefined) index.publish(name, `1.${count}`, [wheel({ name, version: `1.${count}` })])
    else if (index.projects.get(project)?.releases.get(version)?.files.length === 1)
      index.publish(name, version, [sdist({ name, version })])
    for (const release of index.projects.get(project)?.releases.values() ?? [])
      for (const { filename, uploadTime } of release.files) uploaded.set(filename, uploadTime.getTime())
  }

  const changes: Readonly<Record<UpstreamStep, (project: string) => void>> = {
    yank: (project) => withLatest(project, (version) => index.yank(project, version)),
    unyank: (project) => withLatest(project, (version) => index.unyank(project, version)),
    remove: (project) => withLatest(project, (version) => index.removeRelease(project, version)),
    quarantine: (project) => {
      if (index.projects.get(project)?.status === 'active') index.quarantine(project)
    },
    clear: (project) => {
      if (index.projects.get(project)?.status === 'quarantined') index.unquarantine(project)
    },
  }

  function apply(step: Step): boolean {
    switch (step.kind) {
      case 'pass':
        now += step.hours * HOUR
        return true
      case 'upload':
        upload(step.project, step.old)
        return true
      case 'min-days':
        minDays = step.days
        return true
      case 'clock':
        offset = step.days * DAY
        return true
      case 'run':
      case 'kill':
      case 'sync':
      case 'verify':
        return false
      case 'yank':
      case 'unyank':
      case 'remove':
      case 'quarantine':
      case 'clear':
        changes[step.kind](step.project)
        return true
    }
  }

  return {
    index,
    now: () => now,
    clock: () => new Date(now + offset),
    minDays: () => minDays,
    uploaded,
    apply,
    offered: () =>
      new Map(
        [...index.projects.values()].map(({ normalizedName, status, releases }) => [
          normalizedName,
          status === 'quarantined' ? [] : [...releases.values()].flatMap(({ files }) => files),
        ]),
      ),
  }
}

/** A storage whose process dies with its nth write: nothing is written any more. */
export function dyingStorage(storage: Storage, writes: number): Storage {
  let left = writes
  const die = (): void => {
    left -= 1
    if (left < 0) throw new Error('killed')
  }
  return {
    ...storage,
    async write(...args) {
      die()
      await storage.write(...args)
    },
    async writeStream(...args) {
      die()
      await storage.writeStream(...args)
    },
    async append(...args) {
      die()
      await storage.append(...args)
    },
    async copy(...args) {
      die()
      await storage.copy(...args)
    },
    async put(...args) {
      die()
      await storage.put(...args)
    },
    async remove(...args) {
      die()
      return storage.remove(...args)
    },
    async removeTree(...args) {
      die()
      await storage.removeTree(...args)
    },
  }
}
