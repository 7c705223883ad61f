import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { normalizeName } from '../../../src/packaging/name.js'
import type { Ran } from '../support.js'
import type { LedgerConfig } from './ledger-config.js'
import { brokenLinks, linksOf, pageNames, pagesOf, projectOf, rootWithout } from './ledger-pages.js'
import type { World } from './ledger-world.js'

const EXIT_INCOMPLETE = 1

/** Runs `mirror` until it is complete, as an admin would, and compares what is served with a fresh mirror. */
export async function completeMirror(world: World): Promise<void> {
  const ran = await honestRun(world)
  expect(existsSync(join(world.directory, 'todo')), `exit 0, but something is owed\n${ran.log}`).toBe(false)
  await compareWithFresh(world, ran.log)
  world.seen = world.index.serial
}

/** A run against an honest upstream ends with 0. Only a guard and the pauses after failures may ask for another one. */
async function honestRun(world: World): Promise<Ran> {
  const first = await world.run({ kind: 'mirror' })
  if (first.code === 0) return first
  expect(first.code, first.log).toBe(EXIT_INCOMPLETE)
  expect(first.log, 'a run against an honest upstream fails').toMatch(/removal-limit|not asked again before/)
  expect(existsSync(join(world.directory, 'todo')), `exit 1, but nothing is owed\n${first.log}`).toBe(true)
  const second = await world.run({ kind: 'mirror', allowRemovals: true, retryFailed: true })
  expect(second.code, second.log).toBe(0)
  return second
}

async function compareWithFresh(world: World, log: string): Promise<void> {
  const held = pagesOf(world.directory)
  const deleted = stillDeleted(world, held)
  const freshDirectory = await world.fresh(deleted)
  const fresh = pagesOf(freshDirectory)
  const kept = keptNames(world, held, fresh)
  const serial = world.config['simple-api-version'] === '1.1'
  const shown = (pages: ReadonlyMap<string, string>): Record<string, string> =>
    Object.fromEntries(
      [...pages].flatMap(([key, text]) => {
        const project = projectOf(key)
        if (project === undefined) return [[key, rootWithout(text, key, { names: kept, serial })]]
        return kept.has(project) ? [] : [[key, text]]
      }),
    )
  expect(shown(held), `what is served is not what a fresh mirror serves\n${log}`).toEqual(shown(fresh))
  expect([...pageNames(fresh)].sort()).toEqual(expectedNames(world, deleted))
  for (const name of pageNames(fresh)) {
    const files = new Set(
      linksOf(fresh)
        .filter(({ page }) => projectOf(page) === name)
        .map(({ key }) => key.split('/').at(-1)),
    )
    expect([...files].sort(), `files of ${name}`).toEqual(expectedFiles(world, name))
  }
  checkLinks(world, true)
}

/** Every file that a page names is there. Links below `root_uri` count only where pages were just made with it. */
export function checkLinks({ directory, config }: World, complete = false): void {
  const links = linksOf(pagesOf(directory))
  const local = links.filter(({ relative }) => relative || (complete && config['release-files'] === 'true'))
  expect(brokenLinks(directory, local)).toEqual([])
}

/** Deleted by command and not changed upstream since; where nobody can know, as it is. */
function stillDeleted({ deleted, index }: World, held: ReadonlyMap<string, string>): string[] {
  const names = pageNames(held)
  for (const [name, serial] of [...deleted]) {
    if (serial === 'unsure' ? names.has(name) : index.projects.get(name)?.serial !== serial) deleted.delete(name)
  }
  return [...deleted.keys()]
}

/** With `removed-projects = keep` what upstream or a filter withdrew stays as it was. */
function keptNames(
  { config }: World,
  held: ReadonlyMap<string, string>,
  fresh: ReadonlyMap<string, string>,
): Set<string> {
  if (config['removed-projects'] !== 'keep') return new Set()
  const names = pageNames(fresh)
  return new Set([...pageNames(held)].filter((name) => !names.has(name)))
}

/** Projects that a complete mirror serves. */
export function expectedNames({ index, config }: World, deleted: readonly string[]): string[] {
  return [...index.projects.values()]
    .filter(({ status, releases }) => status !== 'quarantined' && releases.size > 0)
    .map(({ normalizedName }) => normalizedName)
    .filter((name) => isWanted(config, name) && !deleted.includes(name))
    .sort()
}

export function isWanted({ names }: LedgerConfig, name: string): boolean {
  return names === '' || names.split(' ').includes(normalizeName(name))
}

/** Filenames that the filters leave of a project. */
function expectedFiles({ index, config }: World, name: string): string[] {
  const all = [...(index.projects.get(name)?.releases.values() ?? [])]
  const numbered = (version: string): number => Number(version.split('.')[0])
  const unyanked = all.filter(({ yanked }) => yanked === false).map(({ version }) => numbered(version))
  const releases = all
    .map(({ version, files }) => ({ version: numbered(version), files }))
    .filter(({ version }) => !isBlocked(config, name, version))
    .map(({ files, ...release }) => ({
      ...release,
      files: files.filter(({ filename }) => config.platforms === '' || !filename.includes('win')),
    }))
    .filter(({ files }) => files.length > 0)
    .sort((a, b) => b.version - a.version)
  const latest = config.latest === '' ? releases : latestOf(releases, Number(config.latest), Math.max(...unyanked))
  return latest.flatMap(({ files }) => files.map(({ filename }) => filename)).sort()
}

/** The newest releases; the one that PyPI calls current, the newest that is not yanked, has a place among them. */
function latestOf<T extends { readonly version: number }>(releases: readonly T[], keep: number, current: number): T[] {
  const latest = releases.slice(0, keep)
  const shown = releases.find(({ version }) => version === current)
  return shown === undefined || latest.includes(shown) ? latest : [...latest.slice(0, keep - 1), shown]
}

function isBlocked({ block }: LedgerConfig, name: string, version: number): boolean {
  const [blocked, least] = block.split('>=')
  return blocked === name && (least === undefined || version >= Number(least))
}
