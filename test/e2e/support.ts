import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { mirrorCommand } from '../../src/commands/mirror.js'
import type { Setting } from '../../src/commands/open.js'
import { BandersnatchError, errorText } from '../../src/errors.js'
import { bench } from '../commands/support.js'
import type { Distribution, PackageIndex, RunningIndex } from '../helpers/index/index.js'
import { createPackageIndex, sdist, startIndex, wheel } from '../helpers/index/index.js'
import type { ServerOptions } from '../helpers/index/server.js'

export interface Ran {
  readonly code: number
  readonly log: string
}

/** A mirror directory of its own with the program's configuration for it. */
export interface TestMirror {
  readonly directory: string
  readonly config: string
  /** for other commands */
  readonly setting: Setting
  /** Runs `mirror` in this process. */
  run(flags?: {
    readonly forceCheck?: boolean
    readonly allowRemovals?: boolean
    readonly retryFailed?: boolean
  }): Promise<Ran>
  /** Puts another text in the place of one in the configuration. */
  edit(text: string, instead: string): void
  /** a file's text; undefined where there is none */
  read(path: string): string | undefined
}

/** `options`: further lines of [mirror], then other sections. It is removed when the test ends. */
export function createMirror(master: string, options = ''): TestMirror {
  const { directory: home, mirror: directory, setting, configWith, logged } = bench(master, options)
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return {
    directory,
    config: setting.configPath,
    setting,
    async run({ forceCheck = false, allowRemovals = false, retryFailed = false } = {}) {
      const before = logged().length
      const end = (code: number, error = ''): Ran => ({ code, log: logged().slice(before) + error })
      try {
        return end(await mirrorCommand(setting, { forceCheck, allowRemovals, retryFailed }))
      } catch (error) {
        if (error instanceof BandersnatchError) return end(error.exitCode, errorText(error))
        throw error
      }
    },
    edit: (text, instead) => void configWith(text, instead),
    read(path) {
      const file = join(directory, path)
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined
    },
  }
}

export interface Upstream extends RunningIndex {
  readonly index: PackageIndex
  /** what was asked for since the last call, sorted: `GET /simple/`, `RPC changelog_last_serial` */
  asked(): string[]
}

/** Serves an index until the test ends. */
export async function serveIndex(index: PackageIndex, options: ServerOptions = {}): Promise<Upstream> {
  const server = await startIndex(index, options)
  onTestFinished(() => server.close())
  return Object.defineProperties(server, {
    index: { value: index },
    asked: {
      value: () => {
        const asked = [...server.requests].flatMap(([request, count]) => Array<string>(count).fill(request)).sort()
        server.reset()
        return asked
      },
    },
  }) as Upstream
}

/** What everybody sees of a mirror: path below its directory -> digest, without the state files of its own. */
export function served(
  directory: string,
  but: RegExp = /^(?:web\/last-modified|web\/local-stats\/.*)$/,
): Record<string, string> {
  const files: Record<string, string> = {}
  for (const entry of readdirSync(join(directory, 'web'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const key = path.slice(directory.length + 1)
    const body = readFileSync(path)
    // texts as they are, so that a test that fails shows the difference
    if (!but.test(key))
      files[key] = /^web\/(?:simple|json|pypi)\//.test(key)
        ? body.toString()
        : createHash('sha256').update(body).digest('hex')
  }
  return files
}

/** Names in the root index. */
export function listedNames(mirror: TestMirror): string[] {
  const root = JSON.parse(mirror.read('web/simple/index.v1_json') ?? '{"projects":[]}') as {
    projects: { name: string }[]
  }
  return root.projects.map(({ name }) => name)
}

/** Filenames on a project's page. */
export function pageFiles(mirror: TestMirror, name: string): string[] {
  const page = JSON.parse(mirror.read(`web/simple/${name}/index.v1_json`) ?? '{"files":[]}') as {
    files: { filename: string }[]
  }
  return page.files.map(({ filename }) => filename)
}

/** An index of small projects with one wheel each. */
export function smallIndex(names: readonly string[]): PackageIndex {
  const index = createPackageIndex()
  for (const name of names) publish(index, { name, version: '1.0' })
  return index
}

export function publish(
  index: PackageIndex,
  distribution: Distribution,
  kinds: readonly ('wheel' | 'sdist')[] = ['wheel'],
): void {
  const uploads = kinds.map((kind) =>
    kind === 'wheel' ? { ...wheel(distribution), attested: true } : sdist(distribution),
  )
  index.publish(distribution.name, distribution.version, uploads)
}

export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `project-${String(number).padStart(3, '0')}`)
}
