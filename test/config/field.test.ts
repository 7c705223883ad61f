import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import { ConfigError } from '../../src/errors.js'
import { keepsProject } from '../../src/filters/apply.js'
import { loadFilters, PLUGIN_TABLE } from '../../src/filters/index.js'
import type { Filters } from '../../src/filters/index.js'
import { projectOf } from '../filters/support.js'

const DIRECTORY = join(import.meta.dirname, '../fixtures/config/field')

/** A kind of configuration that people have, and what must become of it. The comments at its beginning say it. */
interface Kind {
  readonly name: string
  readonly verdict: string
  /** parts of the warnings, one each, or of the error */
  readonly says: readonly string[]
  readonly keeps: readonly string[]
  readonly drops: readonly string[]
  readonly dropsFiles: readonly string[]
}

function readKind(name: string): Kind {
  const text = readFileSync(join(DIRECTORY, name), 'utf8')
  const values = (key: string): string[] =>
    [...text.matchAll(new RegExp(`^# ${key}: (.+)$`, 'gm'))].map((match) => match[1] ?? '')
  const names = (key: string): string[] => values(key).flatMap((line) => line.split(' '))
  const [verdict = ''] = values('verdict')
  return {
    name,
    verdict,
    says: values('says'),
    keeps: names('keeps'),
    drops: names('drops'),
    dropsFiles: names('drops files'),
  }
}

/** Everything that a run says of the configuration before it begins. */
async function opened(name: string): Promise<{ warnings: readonly string[]; filters: Filters }> {
  const config = loadConfig(join(DIRECTORY, name), { env: {}, plugins: PLUGIN_TABLE })
  const filters = await loadFilters(config.file, config.enabledPlugins, { directory: DIRECTORY })
  return { warnings: [...config.warnings, ...filters.warnings], filters }
}

const keptFiles = (filters: Filters, filename: string): boolean => {
  const project = projectOf({ info: { name: 'a' }, releases: { 1: [{ filename: 'a.zip' }] } }, 'a')
  const [release] = project.releases
  const [file] = release?.files ?? []
  if (release === undefined || file === undefined) throw new Error('no file')
  return filters.releaseFile.every((filter) => filter.keepFile({ ...file, filename }, release, project.info))
}

const KINDS = readdirSync(DIRECTORY)
  .filter((name) => name.endsWith('.conf'))
  .map(readKind)

describe('configurations of the field', () => {
  it('are many, and each has a verdict', () => {
    expect(KINDS.length).toBeGreaterThanOrEqual(46)
    for (const { name, verdict, says } of KINDS) {
      expect(['accepted', 'warned', 'refused'], name).toContain(verdict)
      expect(says.length > 0, name).toBe(verdict !== 'accepted')
    }
  })

  it.each(KINDS.filter(({ verdict }) => verdict === 'refused'))(
    '$name is refused in one line',
    async ({ name, says }) => {
      const error: unknown = await opened(name).catch((failure: unknown) => failure)
      expect(error).toBeInstanceOf(ConfigError)
      const { message } = error as ConfigError
      for (const part of says) expect(message).toContain(part)
      expect(message).toMatch(/\.conf:\d+: \[/)
      expect(message).not.toContain('\n')
    },
  )

  it.each(KINDS.filter(({ verdict }) => verdict !== 'refused'))(
    '$name is $verdict, and limits what it is meant to limit',
    async ({ name, says, keeps, drops, dropsFiles }) => {
      const { warnings, filters } = await opened(name)
      for (const part of says) expect(warnings).toContainEqual(expect.stringContaining(part))
      expect(warnings, 'each warning is expected').toHaveLength(says.length)
      for (const project of keeps) expect(keepsProject(filters, project).keep, project).toBe(true)
      for (const project of drops) expect(keepsProject(filters, project).keep, project).toBe(false)
      for (const filename of dropsFiles) expect(keptFiles(filters, filename), filename).toBe(false)
    },
  )
})
