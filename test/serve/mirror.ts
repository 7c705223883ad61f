import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fixtureIndex } from '../helpers/index/fixture.js'
import type { PackageIndex } from '../helpers/index/package-index.js'
import { run } from '../helpers/index/pip.js'
import { startIndex } from '../helpers/index/server.js'

export const ROOT = join(import.meta.dirname, '..', '..')
export const PROGRAM = join(ROOT, 'bin', 'bandersnatch.js')

export interface FixtureMirror {
  /** with the mirror, its configuration and whatever the test adds */
  readonly scratch: string
  readonly directory: string
  readonly web: string
  readonly config: string
}

/** A directory of the test's own, readable by servers that give up their rights; removed at the end. */
export function scratchDirectory(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'serving-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export function writeConfig(scratch: string, master: string, options = ''): { config: string; directory: string } {
  const directory = join(scratch, 'mirror')
  const config = join(scratch, 'bandersnatch.conf')
  const mirror = `[mirror]\ndirectory = ${directory}\nmaster = ${master}\nallow-non-https = true\njson = true\n`
  mkdirSync(scratch, { recursive: true })
  writeFileSync(config, `${mirror}${options}`)
  return { config, directory }
}

/** Mirrors an index, the fixture unless given, with the real program; the index is gone afterwards. */
export async function mirrorFixture(
  scratch: string,
  options = '',
  source: PackageIndex = fixtureIndex(),
): Promise<FixtureMirror> {
  const index = await startIndex(source)
  try {
    const { config, directory } = writeConfig(scratch, index.url, options)
    const { code, output } = await run(process.execPath, [PROGRAM, '-c', config, 'mirror'], { env: plainEnvironment() })
    if (code !== 0) throw new Error(`the mirror run ended with ${code}:\n${output}`)
    return { scratch, directory, web: join(directory, 'web'), config }
  } finally {
    await index.close()
  }
}

/** This process's environment without proxies. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)))
}
