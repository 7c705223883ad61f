/**
 * Measures how a closure is planned: seconds, requests and memory for 150 and 3,000 projects with three releases each.
 *
 *   npm run tools && node dist-tools/scripts/closure-bench.js [PROJECTS...]
 *
 * `plan` is `mirror --dry-run --quick` of a new mirror, which asks for a page of each project and the core metadata of
 * each release. `again` is the same after the mirror was made, and `changed` after one project changed.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createPackageIndex, startIndex, wheel } from '../test/helpers/index/index.js'
import type { PackageIndex } from '../test/helpers/index/index.js'
import { run } from '../test/helpers/index/pip.js'

const PROGRAM = resolve('bin/bandersnatch.js')
const TIME = '/usr/bin/time'
const RELEASES = 3
const DEPENDENCIES = 3

function publish(index: PackageIndex, number: number, version: string): void {
  const requiresDist = Array.from({ length: DEPENDENCIES }, (_, i) => Math.floor(number / (i + 2)))
    .filter((other) => other < number)
    .map((other) => `project-${other}>=1; python_version >= "3.8"`)
  // The next one of the chain is needed too, so that all of them are.
  const next = number + 1
  const all = index.projects.has(`project-${next}`) ? [...requiresDist, `project-${next}`] : requiresDist
  index.publish(`project-${number}`, version, [wheel({ name: `project-${number}`, version, requiresDist: all })])
}

function indexOf(projects: number): PackageIndex {
  const index = createPackageIndex()
  for (let number = projects - 1; number >= 0; number -= 1)
    for (let release = 1; release <= RELEASES; release += 1) publish(index, number, `1.${release}`)
  return index
}

interface Measured {
  readonly name: string
  readonly args: readonly string[]
}

async function measure(config: string, count: () => number, { name, args }: Measured): Promise<void> {
  const timed = existsSync(TIME) ? [TIME, '-f', 'RSS %M CPU %U %S', process.execPath] : [process.execPath]
  const [command = '', ...first] = timed
  const before = count()
  const started = performance.now()
  const { code, output } = await run(command, [...first, PROGRAM, '-c', config, '--quiet', ...args])
  const seconds = (performance.now() - started) / 1000
  const kilobytes = Number(/RSS (\d+)/.exec(output)?.[1] ?? NaN)
  const [, user = NaN, system = NaN] = (/CPU ([\d.]+) ([\d.]+)/.exec(output) ?? []).map(Number)
  const needed = /^Needed: .*$/m.exec(output)?.[0] ?? ''
  console.log(
    `  ${name.padEnd(8)} ${seconds.toFixed(2)} s, ${(user + system).toFixed(2)} s CPU, ${(kilobytes / 1024).toFixed(0)} MB, ${count() - before} requests, exit ${code} ${needed}`,
  )
}

async function bench(projects: number): Promise<void> {
  const index = indexOf(projects)
  const server = await startIndex(index)
  const directory = mkdtempSync(join(tmpdir(), 'closure-bench-'))
  const count = (): number => [...server.requests.values()].reduce((sum, one) => sum + one, 0)
  try {
    console.log(`${projects} projects, ${projects * RELEASES} releases`)
    const config = join(directory, 'bandersnatch.conf')
    writeFileSync(
      config,
      `[mirror]\ndirectory = ${directory}/mirror\nmaster = ${server.url}\nallow-non-https = true\n[closure]\n` +
        `roots = allowlist\nlimit = 100000\n[allowlist]\npackages =\n    project-0\n` +
        '[environments]\nlinux = cp311 manylinux_2_28_x86_64\nwindows = cp313 win_amd64\n',
    )
    const plan = ['mirror', '--dry-run', '--quick']
    await measure(config, count, { name: 'plan', args: plan })
    await measure(config, count, { name: 'mirror', args: ['mirror'] })
    await measure(config, count, { name: 'again', args: plan })
    publish(index, 1, '2.0')
    await measure(config, count, { name: 'changed', args: plan })
  } finally {
    await server.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

for (const projects of process.argv.length > 2 ? process.argv.slice(2).map(Number) : [150, 3000]) await bench(projects)
