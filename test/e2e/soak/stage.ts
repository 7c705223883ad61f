import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { sha256Of } from '../../helpers/index/digests.js'
import { generateIndex, startIndex } from '../../helpers/index/index.js'
import type { HookedRequest, PackageIndex, Reaction, RunningIndex } from '../../helpers/index/index.js'
import { writeConfig } from './program.js'

/** A directory of its own for one test, gone afterwards. */
export function scratch(name: string): string {
  const directory = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), `soak-${name}-`)))
  onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** What a test of a few projects needs. */
export interface Stage {
  readonly base: string
  readonly mirror: string
  readonly config: string
  readonly index: PackageIndex
  readonly server: RunningIndex
  /** what happens to requests; to be set */
  hook: (request: HookedRequest) => Reaction | Promise<Reaction>
}

/** A small index, served, and a configuration for it. Names are `project-00000` and so on. */
export async function smallStage(
  name: string,
  options: { readonly index?: PackageIndex; readonly mirror?: Record<string, string | number> } = {},
): Promise<Stage> {
  const index = options.index ?? generateIndex({ projects: 8, filesPerProject: 2 })
  const base = scratch(name)
  const mirror = join(base, 'mirror')
  const server = await startIndex(index, { onRequest: (request) => stage.hook(request) })
  onTestFinished(() => server.close())
  const config = writeConfig(join(base, 'conf'), { directory: mirror, master: server.url, ...options.mirror })
  const stage: Stage = { base, mirror, config, index, server, hook: () => 'pass' }
  return stage
}

/** An answer that never comes. */
export const silence = (): void => undefined

/** Everything below a directory: kind, size, time and content, by path. Links are not followed. */
export function photograph(directory: string, skip: readonly string[] = []): Map<string, string> {
  const taken = new Map<string, string>()
  const visit = (path: string): void => {
    if (skip.includes(path)) return
    const stat = fs.lstatSync(path)
    const name = path.slice(directory.length)
    if (stat.isDirectory()) {
      taken.set(name, `directory ${stat.mode}`)
      fs.readdirSync(path).forEach((each) => visit(join(path, each)))
    } else if (stat.isSymbolicLink()) taken.set(name, `link to ${fs.readlinkSync(path)}`)
    else taken.set(name, `${stat.mode} ${stat.mtimeMs} ${sha256Of(fs.readFileSync(path))}`)
  }
  visit(directory)
  return taken
}
