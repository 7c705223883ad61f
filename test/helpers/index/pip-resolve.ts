import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plainPipEnvironment } from './pip.js'

/** What pip would install: normalized name -> version; or why it cannot. */
export type Resolved = ReadonlyMap<string, string> | { readonly error: string }

export interface Resolution {
  readonly python: string
  /** the only place that packages may come from; with a slash at the end */
  readonly indexUrl: string
  /** one resolution each */
  readonly requirements: readonly string[]
  /** options such as --platform; of the running Python itself where there are none */
  readonly target?: readonly string[]
}

/** One process for all resolutions: starting Python takes longer than most of them. */
const PROGRAM = `
import contextlib, io, json, logging, os, sys
from pip._internal.cli.main import main
jobs = json.load(open(sys.argv[1]))
results = []
for requirement in jobs['requirements']:
    report = os.path.join(jobs['directory'], 'report.json')
    with contextlib.suppress(FileNotFoundError):
        os.remove(report)
    arguments = ['install', '--dry-run', '--ignore-installed', '--quiet', '--report', report, '--no-input',
        '--disable-pip-version-check', '--no-cache-dir', '--only-binary=:all:', '--index-url', jobs['indexUrl']]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        code = main(arguments + jobs['target'] + [requirement])
    logging.getLogger().handlers.clear()
    if code == 0:
        found = json.load(open(report))['install']
        results.append({each['metadata']['name']: each['metadata']['version'] for each in found})
    else:
        results.append(said.getvalue()[-1000:] or 'pip failed')
json.dump(results, open(os.path.join(jobs['directory'], 'results.json'), 'w'))
`

/** What pip resolves from an index, without fetching more than metadata. */
export async function pipResolve({ python, indexUrl, requirements, target = [] }: Resolution): Promise<Resolved[]> {
  const directory = mkdtempSync(join(tmpdir(), 'pip-resolve-'))
  try {
    const jobs = join(directory, 'jobs.json')
    const options = target.length === 0 ? [] : [...target, '--target', directory]
    writeFileSync(jobs, JSON.stringify({ directory, indexUrl, requirements, target: options }))
    const child = spawn(python, ['-c', PROGRAM, jobs], { env: plainPipEnvironment(), stdio: 'inherit' })
    await once(child, 'close')
    if (child.exitCode !== 0) throw new Error(`${python} ended with ${child.exitCode}`)
    const results: unknown = JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8'))
    return (Array.isArray(results) ? results : []).map(toResolved)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function toResolved(result: unknown): Resolved {
  if (typeof result !== 'object' || result === null) return { error: String(result) }
  const pairs = Object.entries(result).map(([name, version]): [string, string] => [
    name.toLowerCase().replace(/[-_.]+/g, '-'),
    String(version),
  ])
  return new Map(pairs.sort())
}

export function isError(resolved: Resolved): resolved is { readonly error: string } {
  return 'error' in resolved
}

/** Options that make pip resolve for a CPython on Linux, whatever it runs on. Markers are those of the running Python. */
export function linuxTarget(minor: number, glibc: number): string[] {
  const numbered = Array.from({ length: glibc - 4 }, (_, i) => `manylinux_2_${glibc - i}_x86_64`)
  const platforms = [...numbered, 'manylinux2014_x86_64', 'manylinux2010_x86_64', 'manylinux1_x86_64', 'linux_x86_64']
  return [
    ...['--python-version', `3.${minor}`, '--implementation', 'cp', '--abi', `cp3${minor}`],
    ...platforms.flatMap((tag) => ['--platform', tag]),
  ]
}
