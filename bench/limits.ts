import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { IndexedProject } from './documents.js'
import { measure } from './measure.js'
import type { Usage } from './measure.js'
import type { Place } from './place.js'

/** The list, and document and page of each project. @param names normalized */
export function documentUrls(base: string, names: readonly string[]): string[] {
  return [`${base}/simple/`, ...names.flatMap((name) => [`${base}/pypi/${name}/json`, `${base}/simple/${name}/`])]
}

/** The files of projects, with their core metadata files. */
export function fileUrls(base: string, projects: readonly IndexedProject[]): string[] {
  return projects
    .flatMap(({ files }) => files)
    .flatMap(({ path, metadataSha256 }) => {
      const url = `${base}/packages/${path}`
      return metadataSha256 === undefined ? [url] : [url, `${url}.metadata`]
    })
}

/** curl on so many connections; what comes is written to a directory that is removed again. */
export async function fetchAll(
  urls: readonly string[],
  { place, scratch, workers }: { readonly place: Place; readonly scratch: string; readonly workers: number },
): Promise<Usage> {
  const output = join(scratch, 'curl')
  const config = join(scratch, 'curl.conf')
  fs.rmSync(output, { recursive: true, force: true })
  fs.mkdirSync(output)
  fs.writeFileSync(config, urls.map((url, at) => `url = "${url}"\noutput = "${output}/${at}"\n`).join(''))
  const trust = place.certificate === undefined ? [] : ['--cacert', place.certificate]
  const quiet = ['--silent', '--show-error', '--no-progress-meter', '--fail']
  const how = ['--http1.1', '--compressed', '--parallel', '--parallel-max', String(workers)]
  const argv = [...place.network.asking, 'curl', '--disable', ...quiet, ...how, ...trust, '--config', config]
  const usage = await measure({ argv, log: join(scratch, 'curl.log') })
  const got = fs.readdirSync(output).length
  if (got !== urls.length) throw new Error(`curl fetched ${got} of ${urls.length} files`)
  fs.rmSync(output, { recursive: true })
  return usage
}

/** sha256sum over every file below a directory, on all cores. */
export async function hashAll(directory: string, scratch: string): Promise<Usage> {
  const list = join(scratch, 'sha256sum.list')
  const found = fs.openSync(list, 'w')
  execFileSync('find', [directory, '-type', 'f'], { stdio: ['ignore', found, 'inherit'] })
  fs.closeSync(found)
  const cores = String(availableParallelism())
  const argv = ['xargs', '-d', '\\n', '-a', list, '-n', '500', '-P', cores, 'sha256sum']
  return measure({ argv, log: join(scratch, 'sha256sum.log') })
}

/** A copy of a whole mirror directory. */
export async function copyAll(directory: string, scratch: string): Promise<Usage> {
  const target = join(scratch, 'copy')
  const usage = await measure({ argv: ['cp', '-r', directory, target], log: join(scratch, 'cp.log') })
  fs.rmSync(target, { recursive: true })
  return usage
}

/** Node starting, with a script. */
export async function startNode(script: string, scratch: string): Promise<Usage> {
  return measure({ argv: [process.execPath, '--input-type=module', '-e', script], log: join(scratch, 'node.log') })
}
