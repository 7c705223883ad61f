import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainEnvironment, PROGRAM, scratchDirectory } from '../../serve/mirror.js'
import type { Ran } from '../index/pip.js'
import { run } from '../index/pip.js'
import { freePort } from '../free-port.js'
import { ROOT } from './blocks.js'

/** What the docs install, with all that it needs, so that the commands about [closure] have something to say. */
const CONFIGURATION = `[mirror]
directory = /srv/pypi
json = true
[closure]
roots = allowlist
missing = warn
[allowlist]
packages =
    demo-app
    flask
    requests
[environments]
linux = py311 any
`

/** Commands that no test can run as they stand, and why. */
export const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm ci && (scripts\/test-servers\.sh && )?npm (run demo|test)\b/, 'these are what runs this test, and .ci/run'],
  [/^npm (ci|run bench)\b/, 'minutes of measuring; test/bench.test.ts runs the bench'],
  [
    /^(nginx -t && |a2ensite \w+ && )?systemctl |^a2enmod /,
    'changes the machine; test/e2e/deploy.test.ts and serving.test.ts check the units and the server configurations',
  ],
  [/^journalctl /, 'runs until it is stopped, on a machine with systemd'],
  [/^docker /, 'wants a daemon; test/e2e/deploy.test.ts follows the Dockerfile'],
  [
    /^pip install .*amazonaws/,
    'an address that is only an example; test/storage/s3-serving.test.ts installs from a store',
  ],
]

export const reasonNotToRun = (command: string): string | undefined =>
  NOT_RUN.find(([pattern]) => pattern.test(command))?.[1]

export interface Sandbox {
  /** the place of a path that the docs name */
  place(path: string): string
  /** Runs commands in one shell; a server that they start serves the others and ends with them. */
  run(commands: readonly string[]): Promise<Ran>
  remove(): void
}

export interface SandboxOptions {
  /** the index that takes the place of pypi.org */
  readonly master: string
  /** takes the place of https://pypi.example.org */
  readonly site: string
  /** whether `bandersnatch` is there from the start; else the docs must install it */
  readonly installed: boolean
}

/** A machine for the docs: their paths, ports and addresses mean places in a temporary directory. */
export async function createSandbox({ master, site, installed }: SandboxOptions): Promise<Sandbox> {
  const { path: home, remove } = scratchDirectory()
  const at = (...path: string[]): string => join(home, ...path)
  for (const path of [
    'bin',
    'home',
    'work',
    'npm',
    'etc/systemd/system',
    'etc/nginx/conf.d',
    'etc/caddy',
    'etc/apache2/sites-available',
    'srv',
  ])
    mkdirSync(at(path), { recursive: true })
  cpSync(join(ROOT, 'deploy'), at('work', 'deploy'), { recursive: true })
  const { output: python } = await run('python3', ['-c', 'import sys; print(sys.executable)'])
  if (installed)
    program(at('bin', 'bandersnatch'), `exec ${process.execPath} ${PROGRAM} -c ${at('etc/bandersnatch.conf')} "$@"`)
  program(
    at('bin', 'pip'),
    `[ "$1" = config ] || export PIP_CONFIG_FILE=/dev/null
HOME=${at('home')} PIP_TARGET=${at('site')} exec ${python.trim()} -m pip --no-cache-dir --disable-pip-version-check "$@"`,
  )
  const port = String(await freePort())
  const mapped = (text: string): string =>
    text
      .replaceAll(/(?<![\w.~/])\/(srv|etc|var)\//g, `${home}/$1/`)
      .replaceAll('8080', port)
      .replaceAll('https://pypi.example.org', site)
      .replaceAll(/\[mirror\](\n|\\n)/g, `[mirror]$1master = ${master}$1allow-non-https = true$1`)
  for (const config of [at('etc/bandersnatch.conf'), at('work', 'bandersnatch.conf')]) {
    writeFileSync(config, mapped(CONFIGURATION))
  }
  const environment = Object.entries(plainEnvironment()).filter(([name]) => !name.startsWith('PIP_'))
  const env = {
    ...Object.fromEntries(environment),
    PATH: [at('npm', 'bin'), at('bin'), process.env['PATH']].join(':'),
    npm_config_prefix: at('npm'),
    npm_config_omit: 'optional',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
  }
  return {
    place: (path) => at(path),
    run: (commands) => run('bash', ['-c', script(commands.map(mapped), port)], { cwd: at('work'), env }),
    remove,
  }
}

function script(commands: readonly string[], port: string): string {
  const lines = commands.map((command) =>
    /\bserve\b/.test(command)
      ? `kill $server 2>/dev/null && wait $server || true
${command.replace(/(\bserve\b[^#]*)/, `$1 --port ${port} `).replace(/#.*$/, '')} & server=$!
until (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null; do kill -0 $server; sleep 0.1; done`
      : command,
  )
  return `set -euo pipefail; server=; trap 'kill $server 2>/dev/null || true' EXIT; set -x\n${lines.join('\n')}\n`
}

function program(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
}
