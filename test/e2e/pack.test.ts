import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, posix } from 'node:path'
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
  // In a copy: packing builds the program, and dist/ is what other tests run.
  const checkout = join(scratch, 'checkout')
  mkdirSync(checkout)
  for (const name of readdirSync(ROOT)) {
    if (!/^(?:node_modules|dist.*|test|bench|\..*)$/.test(name))
      cpSync(join(ROOT, name), join(checkout, name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'))
  const { code, output } = await run('npm', ['pack', '--json', '--pack-destination', scratch], { cwd: checkout })
  if (code !== 0) throw new Error(output)
  packed = (JSON.parse(/^\[[^]*^\]/m.exec(output)?.[0] ?? '[]') as Packed[])[0] ?? {
    filename: '',
    version: '',
    files: [],
  }
  return directory.remove
}, SLOW)

interface Manifest {
  readonly name: string
  readonly private: boolean
  readonly bin: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
  readonly man: unknown
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest
}

describe('npm pack', () => {
  it('holds what is needed and nothing else', () => {
    const paths = packed.files.map((file) => file.path)
    const wanted =
      /^(package\.json|README\.md|LICENSE|(?:CHANGELOG|CONTRIBUTING|SECURITY)\.md|docs\/bandersnatch\.1|docs\/.+\.md|deploy\/[\w.-]+|bandersnatch\.conf\.example|bin\/([a-z-]+\.js|package\.json)|data\/[a-z-]+\.json|dist\/.+\.(js|d\.ts)|(man|completions)\/.+)$/
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

  it('has no dead links in its README and its docs', () => {
    const paths = new Set(packed.files.map((file) => file.path))
    const isThere = (path: string): boolean =>
      paths.has(path) || [...paths].some((one) => one.startsWith(path.endsWith('/') ? path : `${path}/`))
    const dead = [...paths]
      .filter((path) => path.endsWith('.md'))
      .flatMap((page) =>
        [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)]
          .map(([, target = '']) => posix.normalize(posix.join(posix.dirname(page), target)))
          .filter((target) => !isThere(target))
          .map((target) => `${page}: ${target}`),
      )
    expect(dead).toEqual([])
  })

  it('is not published by mistake, builds when it is packed, and links a manual page', () => {
    const { name, private: isPrivate, scripts, man } = manifest()
    expect({ name, isPrivate, man }).toEqual({
      name: 'bandersnatch-mirror',
      isPrivate: true,
      // npm links none from a text.
      man: ['docs/bandersnatch.1'],
    })
    expect(scripts['prepare']).toBeUndefined()
    expect(scripts['prepack']).toBe('npm run build')
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
      const installed = await sh('npm', 'install', '--no-audit', '--no-fund', join(scratch, packed.filename))
      expect(installed.code, installed.output).toBe(0)
      // The S3 client is large, so it comes only to those who ask for it.
      expect(existsSync(join(folder, 'node_modules', '@aws-sdk'))).toBe(false)
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
