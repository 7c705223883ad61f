import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { FIXTURE_APP } from '../helpers/index/fixture.js'
import { importInstalled, pipInstall, readsCoreMetadata, run } from '../helpers/index/pip.js'
import type { FixtureMirror } from '../serve/mirror.js'
import { mirrorFixture, plainEnvironment, PROGRAM, scratchDirectory, writeConfig } from '../serve/mirror.js'
import { SERVERS } from '../serve/servers.js'
import type { WebServer } from '../serve/servers.js'

const PYTHON = process.env['PYTHON'] ?? 'python3'
const SLOW = 300_000
/** what FIXTURE_APP prints: itself and all that it needs is there and can be imported */
const APP_SAYS =
  'demo_core 1.1\ndemo_lib 1.1\ndemo_text_utils 1.0\ndemo_sdist_only 3.0.post1\ndemo_bare 0.1\ndemo_compat 1.0\n'

describe.each([
  ['as it comes', ''],
  ['with hash-index and HTML alone', 'hash-index = true\nsimple-format = HTML\n'],
])('clients of a mirror %s', (_, options) => {
  let mirror: FixtureMirror
  beforeAll(async () => {
    const scratch = scratchDirectory()
    mirror = await mirrorFixture(scratch.path, options)
    return scratch.remove
  })

  describe.each(SERVERS)('served by %s', (name, start) => {
    let server: WebServer
    let home: string
    beforeAll(async () => {
      server = await start(mirror)
      home = join(mirror.scratch, name.replace(/\W+/g, '-'), 'clients')
      mkdirSync(home, { recursive: true })
      return server.close
    })
    /** A project of the test's own, and an environment in which a client finds nothing of this machine's. */
    function project(client: string, pyproject: string): { cwd: string; env: NodeJS.ProcessEnv } {
      const cwd = join(home, client)
      mkdirSync(cwd)
      writeFileSync(join(cwd, 'pyproject.toml'), pyproject)
      return { cwd, env: { HOME: cwd, PATH: '/usr/bin:/bin', PYTHON_KEYRING_BACKEND: 'keyring.backends.null.Keyring' } }
    }

    it('pip installs from it, and decides by core metadata before it fetches a wheel', async () => {
      server.requests()
      const wanted = {
        python: PYTHON,
        indexUrl: `${server.url}/simple`,
        target: join(home, 'pip'),
        packages: [FIXTURE_APP],
      }
      const { code, output } = await pipInstall(wanted)
      expect(code, output).toBe(0)
      expect((await importInstalled(wanted)).output).toContain('demo-app 1.1 imported from')
      const asked = server.requests()
      const about = (file: RegExp): number => asked.findIndex((request) => file.test(request))
      // The second kind of mirror has HTML pages alone, whose core metadata every pip reads.
      if (options !== '' || (await readsCoreMetadata(PYTHON))) {
        for (const project of ['demo_app', 'demo_lib', 'Demo.Text_Utils', 'demo_compat', 'demo_core']) {
          expect(about(new RegExp(`${project}-[^/]*\\.whl\\.metadata$`)), project).toBeGreaterThan(0)
        }
        expect(about(/demo_app-1\.1[^/]*\.whl$/)).toBeGreaterThan(
          asked.findLastIndex((request) => request.endsWith('.metadata')),
        )
        // versions that pip did not choose are not fetched
        expect(about(/demo_lib-1\.[02]|demo_app-1\.0|demo_core-2/)).toBe(-1)
      }
    })

    // It takes half a minute: once for each server, once for each kind of mirror.
    it.runIf(name === (options === '' ? 'nginx' : 'Caddy'))(
      'Poetry locks and installs from it',
      async () => {
        const { cwd, env } = project(
          'poetry',
          `[tool.poetry]
name = "trial"
version = "1.0"
description = ""
authors = []

[tool.poetry.dependencies]
python = ">=3.8,<4"
${FIXTURE_APP} = "*"

[[tool.poetry.source]]
name = "mirror"
url = "${server.url}/simple/"
default = true
`,
        )
        const environment = { ...env, POETRY_VIRTUALENVS_IN_PROJECT: 'true' }
        const { code, output } = await run('poetry', ['install', '--no-root', '--no-interaction'], {
          cwd,
          env: environment,
        })
        expect(code, output).toBe(0)
        expect((await run(join(cwd, '.venv', 'bin', FIXTURE_APP), [])).output).toBe(APP_SAYS)
      },
      SLOW,
    )

    it.runIf(name !== 'bandersnatch serve')(
      'PDM locks and installs from it',
      async () => {
        const { cwd, env } = project(
          'pdm',
          `[project]
name = "trial"
version = "1.0"
requires-python = ">=3.8"
dependencies = ["${FIXTURE_APP}"]

[[tool.pdm.source]]
name = "pypi"
url = "${server.url}/simple/"
verify_ssl = false
`,
        )
        const { code, output } = await run('pdm', ['install', '--no-self'], {
          cwd,
          env: { ...env, PDM_CHECK_UPDATE: '0' },
        })
        expect(code, output).toBe(0)
        expect((await run(join(cwd, '.venv', 'bin', FIXTURE_APP), [])).output).toBe(APP_SAYS)
      },
      SLOW,
    )

    it.runIf(options === '')('another mirror follows it', async () => {
      const downloads = `download-mirror = ${server.url}\ndownload-mirror-no-fallback = true\n`
      const second = writeConfig(join(home, 'second'), server.url, downloads)
      const mirrorOnce = () =>
        run(process.execPath, [PROGRAM, '-c', second.config, 'mirror'], { env: plainEnvironment() })
      const { code, output } = await mirrorOnce()
      expect(code, output).toBe(0)
      for (const part of ['packages', 'json']) {
        expect(contents(join(second.directory, 'web', part))).toEqual(contents(join(mirror.web, part)))
      }
      expect(readFileSync(join(second.directory, 'status'), 'utf8')).toBe(
        readFileSync(join(mirror.directory, 'status'), 'utf8'),
      )
      server.requests()
      expect((await mirrorOnce()).code).toBe(0)
      expect(server.requests().filter((request) => /json|packages/.test(request))).toEqual([])
    })
  })
})

/** path -> content of each file below a directory */
function contents(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort()
  return new Map(paths.map((path) => [path.slice(directory.length), readFileSync(path, 'latin1')]))
}
