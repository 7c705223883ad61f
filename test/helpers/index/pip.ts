import { spawn } from 'node:child_process'
import { devNull } from 'node:os'

export interface Ran {
  /** null where a signal ended it, or where it could not be started */
  readonly code: number | null
  /** standard output and error as they came */
  readonly output: string
}

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  readonly signal?: AbortSignal | undefined
  readonly onOutput?: (text: string) => void
}

/** Runs a program to its end. A program that is not there ends with code null. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { onOutput, ...rest } = options
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...rest, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        onOutput?.(text)
      })
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve({ code: null, output: error.message })
      else reject(error)
    })
    child.once('close', (code) => resolve({ code, output }))
  })
}

/** What `pip --version` says, but for the path; undefined where there is no Python, or none with pip. */
export async function pipVersion(python: string): Promise<string | undefined> {
  const { code, output } = await run(python, ['-m', 'pip', '--version'], { env: plainPipEnvironment() })
  return code === 0 ? output.trim().replace(/ from .* (?=\()/, ' ') : undefined
}

/**
 * Whether pip reads core metadata that a JSON page announces: since 23.2, which reads PEP 714's `core-metadata`.
 * Older ones fetch whole wheels.
 */
export async function readsCoreMetadata(python: string): Promise<boolean> {
  const [major = 0, minor = 0] = (/^pip ([\d.]+)/.exec((await pipVersion(python)) ?? '')?.[1] ?? '')
    .split('.')
    .map(Number)
  return major > 23 || (major === 23 && minor >= 2)
}

export interface PipInstall {
  readonly python: string
  /** the simple index: the only place that packages may come from */
  readonly indexUrl: string
  /** an empty directory to install into */
  readonly target: string
  readonly packages: readonly string[]
}

/** Installs packages with pip, which finds none of this machine's settings, caches and other indexes. */
export function pipInstall({ python, indexUrl, target, packages }: PipInstall, options: RunOptions = {}): Promise<Ran> {
  const args = ['-m', 'pip', 'install', '--target', target, '--index-url', indexUrl, '--no-cache-dir']
  const quiet = ['--disable-pip-version-check', '--no-input', '--progress-bar', 'off']
  return run(python, [...args, ...quiet, ...packages], { ...options, env: plainPipEnvironment() })
}

const IMPORT = `
import importlib, importlib.metadata, sys
target, names = sys.argv[1], sys.argv[2:]
sys.path.insert(0, target)
for name in names:
    distribution = next(iter(importlib.metadata.distributions(name=name, path=[target])))
    files = [path.parts for path in distribution.files]
    packages = sorted(parts[0] for parts in files if len(parts) == 2 and parts[1] == "__init__.py")
    modules = sorted(parts[0][:-3] for parts in files if len(parts) == 1 and parts[0].endswith(".py"))
    module = importlib.import_module((packages + modules)[-1])
    assert module.__file__.startswith(target), module.__file__
    print(name, distribution.version, "imported from", module.__file__)
`

/** Imports a module of each of the packages that were installed into `target`; code 0 when all went well. */
export function importInstalled(
  { python, target, packages }: Omit<PipInstall, 'indexUrl'>,
  options: RunOptions = {},
): Promise<Ran> {
  return run(python, ['-I', '-B', '-c', IMPORT, target, ...packages], options)
}

/** This process's environment without any of pip's settings, and without a proxy for the loopback interface. */
export function plainPipEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([key]) => !key.toUpperCase().startsWith('PIP_'))
  const own = { PIP_CONFIG_FILE: devNull, PIP_ROOT_USER_ACTION: 'ignore' }
  return { ...Object.fromEntries(kept), ...own, NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1' }
}
