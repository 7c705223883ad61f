import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { beforeAll, describe, expect, it } from 'vitest'
import { fixtureIndex } from '../helpers/index/fixture.js'
import { run } from '../helpers/index/pip.js'
import { startIndex } from '../helpers/index/server.js'
import { plainEnvironment, ROOT, scratchDirectory, writeConfig } from '../serve/mirror.js'

const SLOW = 300_000

interface Packed {
  readonly filename: string
  readonly version: string
  readonly files: readonly { readonly path: string }[]
}

let scratch: string
let packed: Packed
beforeAll(async () => {
  const directory = scratchDirectory()
  scratch = directory.path
  // --ignore-scripts: not to write dist/ under the hands of the other tests
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch]
  const { code, output } = await run('npm', args, { cwd: ROOT })
  if (code !== 0) throw new Error(output)
  packed = (JSON.parse(/^\[[^]*^\]/m.exec(output)?.[0] ?? '[]') as Packed[])[0] ?? {
    filename: '',
    version: '',
    files: [],
  }
  return directory.remove
})

function manifest(): { bin: Record<string, string> } {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: Record<string, string> }
}

describe('npm pack', () => {
  it('holds what is needed and nothing else', () => {
    const paths = packed.files.map((file) => file.path)
    const wanted =
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|docs\/bandersnatch\.1|bandersnatch\.conf\.example|bin\/([a-z-]+\.js|package\.json)|data\/[a-z-]+\.json|dist\/.+\.(js|d\.ts)|(man|completions)\/.+)$/
    expect(paths.filter((path) => !wanted.test(path))).toEqual([])
    for (const needed of ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', ...Object.values(manifest().bin)]) {
      expect(paths).toContain(needed)
    }
  })

  it('holds the program as it is in src, nothing of yesterday', () => {
    const built = packed.files
      .map(({ path }) => /^dist\/(.+)\.js$/.exec(path)?.[1])
      .filter((name) => name !== undefined)
    const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.replace(/\.ts$/, '').replaceAll('\\', '/'))
    expect(built.sort()).toEqual(sources.sort())
  })

  it('names its programs', () => {
    expect(Object.keys(manifest().bin).sort()).toEqual(['bandersnatch', 'bandersnatch-runner'])
  })

  it('is what publint wants', async () => {
    const tarball = readFileSync(join(scratch, packed.filename))
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer } })
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([])
  })

  it(
    'installs in an empty folder and mirrors an index',
    async () => {
      const folder = join(scratch, 'empty')
      const { config, directory } = writeConfig(folder, 'http://127.0.0.1:9')
      const sh = (program: string, ...args: string[]) => run(program, args, { cwd: folder, env: plainEnvironment() })

      // Without it npm would look for a project above.
      expect((await sh('npm', 'init', '--yes')).code).toBe(0)
      const installed = await sh(
        'npm',
        'install',
        '--omit=optional',
        '--no-audit',
        '--no-fund',
        join(scratch, packed.filename),
      )
      expect(installed.code, installed.output).toBe(0)
      expect((await sh('npx', '--no-install', 'bandersnatch', '--version')).output).toContain(
        `bandersnatch ${packed.version}`,
      )
      const runner = await sh('npx', '--no-install', 'bandersnatch-runner', '--version')
      expect(runner.output).toContain(`bandersnatch ${packed.version}`)

      const index = await startIndex(fixtureIndex())
      try {
        writeFileSync(config, readFileSync(config, 'utf8').replace('http://127.0.0.1:9', index.url))
        const mirrored = await sh('npx', '--no-install', 'bandersnatch', '-c', config, 'mirror')
        expect(mirrored.code, mirrored.output).toBe(0)
        expect(existsSync(join(directory, 'web', 'simple', 'demo-app', 'index.html'))).toBe(true)
      } finally {
        await index.close()
      }
    },
    SLOW,
  )
})
