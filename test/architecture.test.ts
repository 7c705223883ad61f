import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const SRC = join(ROOT, 'src')

/** One import, type imports included. `from` and a local `to` are paths below the tree that was read. */
interface Import {
  readonly from: string
  readonly to: string
}

function sources(tree: string): string[] {
  return readdirSync(tree, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.split(sep).join('/'))
}

const IMPORT = /(?:\bfrom |\bimport )'([^']+)'|\bimport\('([^']+)'\)/g

function imports(tree: string, file: string): Import[] {
  const text = readFileSync(join(tree, file), 'utf8')
  return [...text.matchAll(IMPORT)].map(([, fixed = '', dynamic = '']) => {
    const target = fixed + dynamic
    const local = relative(tree, join(tree, dirname(file), target))
      .split(sep)
      .join('/')
    return { from: file, to: target.startsWith('.') ? local.replace(/\.js$/, '.ts') : target }
  })
}

const files = sources(SRC)
const all = files.flatMap((file) => imports(SRC, file))
const room = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.ts$/, ''))
const isLocal = ({ to }: Import): boolean => files.includes(to)
const text = (file: string): string => readFileSync(join(SRC, file), 'utf8')

const BASE = ['model', 'packaging', 'python', 'log', 'one-line', 'count', 'worker-call', 'errors']
const ENGINES = ['upstream', 'filters', 'closure', 'attestations', 'advisories', 'simple', 'storage']

/**
 * The rooms, and which other rooms each may import. The files in src/ itself may import everything.
 * Every room may import config/types.ts, which only holds types.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  python: ['one-line', 'errors'],
  packaging: ['python', 'errors'],
  model: ['packaging', 'python', 'errors'],
  log: ['python', 'one-line', 'config', 'errors'],
  config: ['model', 'packaging', 'python', 'one-line', 'errors'],
  filters: BASE,
  simple: BASE,
  storage: BASE,
  upstream: BASE,
  closure: BASE,
  serve: BASE,
  attestations: BASE,
  advisories: BASE,
  mirror: [...ENGINES, ...BASE],
  report: ['mirror', 'config', 'closure', 'simple', ...BASE],
  commands: ['report', 'mirror', 'serve', 'config', ...ENGINES, ...BASE],
}

/** Subrooms of the engine and of the storages. A new one is a decision, so it is listed here. */
const SUBROOMS: Readonly<Record<string, readonly string[]>> = {
  closure: ['archive', 'locks'],
  mirror: ['closure', 'fetch-thread', 'plan', 'project', 'run', 'state', 'verify'],
  storage: ['filesystem', 's3', 's3/client'],
  config: ['options'],
  python: ['configparser', 'json', 'regex'],
  upstream: ['http'],
  log: ['python'],
  report: ['check', 'completion', 'status', 'summary'],
}

/** The thread that fetches files has a composition root of its own: it cannot be handed objects. */
const THREAD = 'mirror/fetch-thread/thread.ts'

/** A path from a file back to itself along imports; undefined where there is none. */
function findCircle(edges: readonly Import[], known: ReadonlySet<string>): string[] | undefined {
  const next = new Map<string, string[]>()
  for (const { from, to } of edges) if (known.has(to)) next.set(from, [...(next.get(from) ?? []), to])
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const to of next.get(file) ?? []) {
      const circle = visit(to, [...path, file])
      if (circle !== undefined) return circle
    }
    done.add(file)
    return undefined
  }
  for (const file of known) {
    const circle = visit(file, [])
    if (circle !== undefined) return circle
  }
  return undefined
}

describe('the rooms of src/', () => {
  it('are the ones listed here', () => {
    const rooms = new Set(files.filter((file) => file.includes('/')).map(room))
    expect([...rooms].sort()).toEqual(Object.keys(MAY_IMPORT).sort())
    const subrooms = new Set(files.filter((file) => file.split('/').length > 2).map(dirname))
    const listed = Object.entries(SUBROOMS).flatMap(([name, below]) => below.map((sub) => `${name}/${sub}`))
    expect([...subrooms].sort()).toEqual(listed.sort())
  })

  it.each(Object.entries(MAY_IMPORT))('%s imports only the rooms that it may', (from, allowed) => {
    const wrong = all.filter((one) => {
      if (room(one.from) !== from || one.from === THREAD || !isLocal(one)) return false
      const target = room(one.to)
      return target !== from && !allowed.includes(target) && one.to !== 'config/types.ts'
    })
    expect(wrong).toEqual([])
  })

  it('have no circle of imports, type imports included', () => {
    expect(findCircle(all, new Set(files))).toBeUndefined()
  })

  it('have a README or header that says what each is for', () => {
    const listed = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8')
    expect(Object.keys(MAY_IMPORT).filter((name) => !listed.includes(`\`${name}/\``))).toEqual([])
  })

  it('have no file of more than 250 lines', () => {
    expect(files.filter((file) => text(file).trimEnd().split('\n').length > 250)).toEqual([])
  })
})

describe('the bench', () => {
  it('has no circle of imports', () => {
    const bench = join(ROOT, 'bench')
    const names = sources(bench)
    expect(
      findCircle(
        names.flatMap((file) => imports(bench, file)),
        new Set(names),
      ),
    ).toBeUndefined()
  })
})

describe('findCircle', () => {
  it('finds a circle of three files', () => {
    const edges = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'c' },
      { from: 'c', to: 'a' },
    ]
    expect(findCircle(edges, new Set(['a', 'b', 'c']))).toEqual(['a', 'b', 'c', 'a'])
    expect(findCircle(edges.slice(1), new Set(['a', 'b', 'c']))).toBeUndefined()
  })
})

describe('what belongs to one room alone', () => {
  const owners: readonly (readonly [RegExp, RegExp])[] = [
    [/^undici$/, /^upstream\//],
    [/^@aws-sdk\//, /^storage\/s3\//],
    [/^commander$/, /^(?:cli|program|runner|report\/completion\/describe|commands\/completion)\b/],
    [/^pino$/, /^log\//],
    [/^smol-toml$/, /^closure\/locks\//],
    [/^@sigstore\//, /^attestations\//],
    [/^yauzl$/, /^advisories\//],
  ]
  it.each(owners)('the package %s', (name, owner) => {
    expect(all.filter(({ from, to }) => name.test(to) && !owner.test(from))).toEqual([])
  })

  it('no I/O and no npm package in model/, packaging/ and python/regex, python/json', () => {
    const pure = /^(?:model|packaging|python\/(?:regex|json))\//
    const allowed = new Set(['node:net', 'node:crypto'])
    expect(all.filter((one) => pure.test(one.from) && !isLocal(one) && !allowed.has(one.to))).toEqual([])
  })

  it('factories: only the composition root calls those of upstream, storage and filters', () => {
    const factories = /\b(createHttpClient|createUpstream|createFilesystemStorage|createS3Storage|loadFilters)\(/
    const callers = files.filter((file) => factories.test(text(file).replace(/^export (async )?function .*$/gm, '')))
    expect(callers.filter((file) => !/^commands\//.test(file) && file !== THREAD)).toEqual([])
  })

  it('process: only cli, runner, log and config touch it', () => {
    const users = files.filter((file) => /\bprocess\.[a-z]/.test(text(file)))
    expect(users.filter((file) => !/^(cli|runner)\.ts$|^(config|log)\//.test(file))).toEqual([])
  })
})
