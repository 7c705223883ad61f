/**
 * Lets pip judge closures of real wheels: what it resolves from an index must be what it resolves from the mirror of a
 * closure alone.
 *
 *   npm run tools
 *   CLOSURE_WHEELS=DIR[:DIR...] node dist-tools/scripts/closure-judge.js [ROOTS [VERSIONS...]]
 *
 * CLOSURE_PYTHONS names the interpreters, of which each is an environment; the one in PATH unless given. Nothing is
 * fetched but metadata. The exit code is 1 where a resolution differs at versions = 0.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { archivesBelow } from '../test/helpers/index/archive.js'
import { releaseMetadata } from '../test/helpers/index/releases.js'
import type { PackageIndex } from '../test/helpers/index/package-index.js'
import { isError, linuxTarget, pipResolve } from '../test/helpers/index/pip-resolve.js'
import type { Resolved } from '../test/helpers/index/pip-resolve.js'
import { run } from '../test/helpers/index/pip.js'
import { startIndex } from '../test/helpers/index/server.js'

const PROGRAM = resolve('bin/bandersnatch.js')
const GLIBC = 28

interface Environment {
  readonly name: string
  readonly python: string
  readonly minor: number
}

async function environmentOf(python: string): Promise<Environment> {
  const { output } = await run(python, ['-c', 'import sys; print(sys.version_info.minor)'])
  const minor = Number(output.trim())
  return { name: `cp3${minor}`, python, minor }
}

/**
 * Projects with the most dependencies, as they judge most: half of them of all, and half of those with pure wheels only,
 * which every environment can install.
 */
function chooseRoots(index: PackageIndex, count: number): string[] {
  const weights = [...index.projects.values()].map((project) => {
    const lines = [...project.releases.values()].flatMap((release) => releaseMetadata(release).all('Requires-Dist'))
    return { name: project.normalizedName, weight: lines.filter((line) => !line.includes('extra ==')).length }
  })
  weights.sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1))
  const pure = weights.filter(({ name }) => isPure(index, name)).slice(0, Math.ceil(count / 2))
  const others = weights.filter((one) => !pure.includes(one)).slice(0, count - pure.length)
  return [...pure, ...others].map(({ name }) => name)
}

function isPure(index: PackageIndex, name: string): boolean {
  const files = [...(index.projects.get(name)?.releases.values() ?? [])].flatMap((release) => release.files)
  return files.every(({ filename }) => filename.endsWith('-none-any.whl'))
}

async function mirrorOf(
  directory: string,
  {
    master,
    roots,
    environments,
    versions,
  }: { master: string; roots: string[]; environments: Environment[]; versions: number },
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const config = join(directory, `versions-${versions}.conf`)
  writeFileSync(
    config,
    `[mirror]\ndirectory = ${directory}/mirror-${versions}\nmaster = ${master}\nallow-non-https = true\nworkers = 10
release-files = false\nroot_uri = ${master}\n[closure]\nroots = allowlist\nversions = ${versions}\nmissing = warn\nlimit = 100000
[allowlist]\npackages =\n${roots.map((name) => `    ${name}\n`).join('')}[environments]\n${environments
      .map(({ name }) => `${name} = ${name} manylinux_2_${GLIBC}_x86_64\n`)
      .join('')}sdists = drop\n`,
  )
  const started = performance.now()
  const { code, output } = await run(process.execPath, [PROGRAM, '-c', config, '--quiet', 'mirror'])
  if (code !== 0) console.log(output.split('\n').slice(-20).join('\n'))
  const { output: needed } = await run(process.execPath, [PROGRAM, '-c', config, '--quiet', 'closure'])
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`versions = ${versions}: ${needed.trim().split('\n').at(-1)} (exit ${code}, ${seconds} s)`)
  const child = spawn(process.execPath, [PROGRAM, '-c', config, 'serve', '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  for await (const chunk of child.stderr.setEncoding('utf8')) {
    said += String(chunk)
    if (/ at http:\S+\/simple\/ /.test(said)) break
  }
  const url = / at (http:\S+)\/simple\/ /.exec(said)?.[1] ?? ''
  return {
    url,
    async close() {
      const closed = once(child, 'close')
      child.kill('SIGTERM')
      await closed
    },
  }
}

const textOf = (resolved: Resolved): string =>
  isError(resolved) ? `cannot: ${resolved.error.trim().split('\n')[0]}` : JSON.stringify([...resolved])

interface Count {
  same: number
  other: number
  lost: number
  impossible: number
}

/** Compares what pip resolves from the index with what it resolves from the mirror, and prints what is wrong. */
function compare(
  roots: readonly string[],
  {
    source,
    mirror,
    exact,
  }: { readonly source: readonly Resolved[]; readonly mirror: readonly Resolved[]; readonly exact: boolean },
): Count {
  const count: Count = { same: 0, other: 0, lost: 0, impossible: 0 }
  for (const [i, root] of roots.entries()) {
    const [wanted, got] = [source[i] ?? { error: '' }, mirror[i] ?? { error: '' }]
    const kind = kindOf(wanted, got)
    count[kind] += 1
    if (kind === 'lost' || (kind === 'other' && exact))
      console.log(`  ${root}:\n    index:  ${textOf(wanted)}\n    mirror: ${textOf(got)}`)
  }
  return count
}

function kindOf(wanted: Resolved, got: Resolved): keyof Count {
  if (isError(wanted)) return 'impossible'
  if (isError(got)) return 'lost'
  return textOf(wanted) === textOf(got) ? 'same' : 'other'
}

async function main(): Promise<number> {
  const wheels = process.env['CLOSURE_WHEELS']?.split(':') ?? []
  if (wheels.length === 0) throw new Error('CLOSURE_WHEELS must name directories of wheels')
  const { index } = archivesBelow(wheels)
  const roots = chooseRoots(index, Number(process.argv[2] ?? 100))
  const environments = await Promise.all((process.env['CLOSURE_PYTHONS']?.split(':') ?? ['python3']).map(environmentOf))
  const server = await startIndex(index)
  const directory = mkdtempSync(join(tmpdir(), 'closure-judge-'))
  console.log(
    `${index.projects.size} projects, ${roots.length} roots, ${environments.map(({ name }) => name).join(', ')}`,
  )
  const resolveAll = (url: string): Promise<Resolved[][]> =>
    Promise.all(
      environments.map(({ python, minor }) =>
        pipResolve({ python, requirements: roots, target: linuxTarget(minor, GLIBC), indexUrl: `${url}/simple/` }),
      ),
    )
  let differing = 0
  try {
    const sources = await resolveAll(server.url)
    for (const versions of process.argv.length > 3 ? process.argv.slice(3).map(Number) : [0, 3, 1]) {
      const mirror = await mirrorOf(directory, { master: server.url, roots, environments, versions })
      const mirrors = await resolveAll(mirror.url)
      await mirror.close()
      for (const [at, { name }] of environments.entries()) {
        const exact = versions === 0
        const count = compare(roots, { source: sources[at] ?? [], mirror: mirrors[at] ?? [], exact })
        if (exact) differing += count.other + count.lost
        console.log(
          `  ${name}: ${count.same} same, ${count.other} with other versions, ${count.lost} lost, ` +
            `${count.impossible} not installable from the index either`,
        )
      }
    }
  } finally {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  }
  return differing === 0 ? 0 : 1
}

process.exitCode = await main()
