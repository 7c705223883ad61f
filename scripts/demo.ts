/**
 * The whole way of a package: an index, a mirror of it made by the real program, a web server, pip. The server is nginx
 * with deploy/nginx.conf where it is installed, else `bandersnatch serve`.
 *
 *   npm run demo                          with a small index that is built on the spot
 *   npm run demo -- --from DIR [--package NAME...]   with all wheels and sdists of a directory
 *   npm run demo -- --from DIR --needed              with those only that the packages need
 *
 * Needs no network, and leaves nothing behind. Without Python the last step is left out.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { normalizeName } from '../src/packaging/name.js'
import { indexFromDirectory } from '../test/helpers/index/archive.js'
import { FIXTURE_APP, fixtureIndex } from '../test/helpers/index/fixture.js'
import type { PackageIndex } from '../test/helpers/index/package-index.js'
import { importInstalled, pipInstall, pipVersion, run } from '../test/helpers/index/pip.js'
import { startIndex } from '../test/helpers/index/server.js'
import { startNginxOn, serverEnvironment } from '../test/helpers/web-server.js'

const PROGRAM = resolve('bin/bandersnatch.js')
const PYTHON = process.env.PYTHON ?? 'python3'
/** installed from a directory unless others are named: the last one is compiled */
const USUAL_PACKAGES = ['Flask', 'requests', 'PyYAML']
const SHOWN_PATHS = 12

interface Source {
  readonly index: PackageIndex
  readonly packages: readonly string[]
  /** mirror only the packages and what they need */
  readonly needed: boolean
}

function chosenSource(): Source {
  const { values, positionals } = parseArgs({
    options: { from: { type: 'string' }, package: { type: 'string', multiple: true }, needed: { type: 'boolean' } },
    allowPositionals: true,
  })
  const named = [...(values.package ?? []), ...positionals]
  if (values.from === undefined) {
    return { index: fixtureIndex(), packages: named.length > 0 ? named : [FIXTURE_APP], needed: values.needed === true }
  }
  const { index, skipped } = indexFromDirectory(values.from)
  for (const { path, reason } of skipped) console.log(`left out ${path}: ${reason}`)
  const wanted = named.length > 0 ? named : USUAL_PACKAGES
  const packages = wanted.filter((name) => index.projects.has(normalizeName(name)))
  const missing = wanted.filter((name) => !packages.includes(name))
  if (missing.length > 0) console.log(`not in ${values.from}: ${missing.join(', ')}`)
  if (packages.length === 0) throw new Error('nothing to install')
  return { index, packages, needed: values.needed === true }
}

async function configuration(directory: string, master: string, { packages, needed }: Source): Promise<string> {
  const mirror = `[mirror]\ndirectory = ${directory}\nmaster = ${master}\nallow-non-https = true\njson = true\n`
  if (!needed) return mirror
  const names = packages.map((name) => `    ${name}\n`).join('')
  const asked = await run(process.execPath, [PROGRAM, 'environments', '--python', PYTHON])
  must(`what ${PYTHON} can install`, asked)
  return `${mirror}\n[closure]\nroots = allowlist\n\n[allowlist]\npackages =\n${names}\n[environments]\n${asked.output}`
}

function showMirror(web: string): void {
  const files = readdirSync(web, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(web, path)).isFile())
    .sort()
  const bytes = files.reduce((sum, path) => sum + statSync(join(web, path)).size, 0)
  const packages = files.filter((path) => path.startsWith('packages'))
  for (const path of packages.slice(0, SHOWN_PATHS)) console.log(`  ${path}`)
  const count = (pattern: RegExp): number => files.filter((path) => pattern.test(path)).length
  const held = [
    `${count(/^packages.*(?<!\.metadata)$/)} release files`,
    `${count(/\.metadata$/)} core metadata files`,
    `${count(/^simple.*index\.html$/)} HTML pages`,
    `${files.length} files in all`,
    `${(bytes / 1e6).toFixed(1)} MB`,
  ]
  console.log(`  … ${held.join(', ')}`)
}

function step(text: string): void {
  console.log(`\n== ${text}`)
}

function must(what: string, { code }: { readonly code: number | null }): void {
  if (code !== 0) throw new Error(`${what} failed (${code ?? 'not started or stopped'})`)
}

const show = (text: string): void => void process.stdout.write(text)

async function mirror(source: Source, directory: string, signal: AbortSignal): Promise<void> {
  const { index } = source
  const upstream = await startIndex(index)
  try {
    step(`an index of ${index.projects.size} projects runs at ${upstream.url}`)
    const config = join(directory, 'bandersnatch.conf')
    writeFileSync(config, await configuration(join(directory, 'mirror'), upstream.url, source))
    step(`bandersnatch -c ${config} mirror`)
    must('the mirror run', await run(process.execPath, [PROGRAM, '-c', config, 'mirror'], { signal, onOutput: show }))
    step(
      `${[...upstream.requests.values()].reduce((a, b) => a + b, 0)} requests and ${upstream.bytesOut} bytes ` +
        'later the index is stopped; the mirror holds',
    )
  } finally {
    await upstream.close()
  }
  showMirror(join(directory, 'mirror', 'web'))
}

interface Server {
  readonly name: string
  readonly url: string
  close(): Promise<void>
}

async function serve(directory: string): Promise<Server> {
  const nginx = await run('nginx', ['-v'], { env: serverEnvironment() })
  if (nginx.code !== 0) return serveItself(join(directory, 'bandersnatch.conf'))
  const site = {
    configuration: resolve('deploy/nginx.conf'),
    web: join(directory, 'mirror', 'web'),
    home: join(directory, 'nginx'),
  }
  return {
    name: `${nginx.output.trim().replace(/^nginx version: /, '')} with deploy/nginx.conf`,
    ...(await startNginxOn(site)),
  }
}

/** `bandersnatch serve`, as a process of its own. */
async function serveItself(config: string): Promise<Server> {
  const child = spawn(process.execPath, [PROGRAM, '-c', config, 'serve', '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const closed = once(child, 'close')
  const url = await new Promise<string>((found, failed) => {
    let output = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const address = / at (http:\S+)\/simple\/ /.exec(output)?.[1]
      if (address !== undefined) found(address)
    })
    child.once('close', () => failed(new Error(`bandersnatch serve ended: ${output}`)))
  })
  const close = async (): Promise<void> => {
    child.kill('SIGTERM')
    await closed
  }
  return { name: 'bandersnatch serve (there is no nginx here)', url, close }
}

async function install(packages: readonly string[], directory: string, signal: AbortSignal): Promise<void> {
  const pip = await pipVersion(PYTHON)
  if (pip === undefined) {
    step(`there is no ${PYTHON} with pip here: the install is left out (the environment variable PYTHON names another)`)
    return
  }
  const server = await serve(directory)
  try {
    step(`served by ${server.name} at ${server.url}/simple/`)
    const target = join(directory, 'site-packages')
    mkdirSync(target)
    step(`pip install --index-url ${server.url}/simple ${packages.join(' ')}   (${pip})`)
    const wanted = { python: PYTHON, indexUrl: `${server.url}/simple`, target, packages }
    must('pip', await pipInstall(wanted, { signal, onOutput: show }))
    step('what was installed runs')
    must('the import', await importInstalled(wanted, { signal, onOutput: show }))
  } finally {
    await server.close()
  }
}

async function main(signal: AbortSignal): Promise<void> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there: run the demo from the project's directory`)
  const source = chosenSource()
  const directory = mkdtempSync(join(tmpdir(), 'bandersnatch-demo-'))
  try {
    await mirror(source, directory, signal)
    await install(source.packages, directory, signal)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const stopped = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort())
try {
  await main(stopped.signal)
} catch (error) {
  console.error(`\n${stopped.signal.aborted ? 'stopped' : String(error)}`)
  process.exitCode = 1
}
