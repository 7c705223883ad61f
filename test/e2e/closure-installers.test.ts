import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createPackageIndex, startIndex, wheel } from '../helpers/index/index.js'
import type { PackageIndex } from '../helpers/index/index.js'
import { isError, pipResolve } from '../helpers/index/pip-resolve.js'
import type { Resolved } from '../helpers/index/pip-resolve.js'
import { run } from '../helpers/index/pip.js'
import { plainEnvironment, PROGRAM, scratchDirectory } from '../serve/mirror.js'
import { startOwn } from '../serve/servers.js'

const PYTHON = 'python3'

/** Projects whose newest releases do not go together, with extras, markers and circles. */
const RELEASES: readonly (readonly [name: string, version: string, requires: readonly string[]])[] = [
  ['front', '1.0', ['shared>=1,!=2.9', 'side[more]']],
  ['front', '2.0', ['shared>=2,!=2.9', 'side[more]', 'legacy; python_version < "3"']],
  ['side', '1.0', ['shared<3', 'deep; extra == "more"', 'windows-only; sys_platform == "win32"']],
  ['side', '1.1', ['shared<3', 'deep>=2; extra == "more"', 'front']],
  ['shared', '1.0', []],
  ['shared', '2.0', ['base~=1.0']],
  ['shared', '2.8', ['base~=1.2']],
  ['shared', '2.9', ['base~=1.3']],
  ['shared', '3.0', ['base>=2']],
  ['base', '1.0', []],
  ['base', '1.2', []],
  ['base', '1.4rc1', []],
  ['base', '2.0', []],
  ['deep', '1.0', ['base<2']],
  ['deep', '2.0', ['base<1.4', 'side']],
  ['other', '1.0', ['deep', 'base==1.2']],
  ['windows-only', '1.0', []],
  ['unrelated', '1.0', []],
]
const ROOTS = ['front', 'side[more]<1.1', 'other', 'shared>=3']

function index(): PackageIndex {
  const made = createPackageIndex()
  for (const [name, version, requiresDist] of RELEASES) {
    made.publish(name, version, [wheel({ name, version, requiresDist, extras: ['more'] })])
  }
  return made
}

async function closureMirror(
  scratch: string,
  master: string,
  versions: number,
): Promise<{ directory: string; config: string }> {
  const directory = join(scratch, `mirror-${versions}`)
  const config = join(scratch, `${versions}.conf`)
  const line = await run(process.execPath, [PROGRAM, '-c', config, 'environments', '--python', PYTHON])
  expect(line.code, line.output).toBe(0)
  const packages = ROOTS.map((root) => `    ${root}\n`).join('')
  writeFileSync(
    config,
    `[mirror]\ndirectory = ${directory}\nmaster = ${master}\nallow-non-https = true\n[closure]\nroots = allowlist\n` +
      `versions = ${versions}\n[allowlist]\npackages =\n${packages}[environments]\n${line.output}`,
  )
  const { code, output } = await run(process.execPath, [PROGRAM, '-c', config, 'mirror'], { env: plainEnvironment() })
  expect(code, output).toBe(0)
  return { directory, config }
}

it('pip resolves from the mirror of a closure alone what it resolves from the index', async () => {
  const source = await startIndex(index())
  const scratch = scratchDirectory()
  const resolve = (url: string): Promise<Resolved[]> =>
    pipResolve({ python: PYTHON, indexUrl: `${url}/simple/`, requirements: ROOTS })
  try {
    const wanted = await resolve(source.url)
    expect(wanted.every((one) => !isError(one))).toBe(true)
    for (const versions of [0, 1, 3]) {
      const site = await startOwn(await closureMirror(scratch.path, source.url, versions))
      const got = await resolve(site.url)
      await site.close()
      expect(got.filter(isError), `versions = ${versions}`).toEqual([])
      if (versions === 0) expect(got).toEqual(wanted)
    }
  } finally {
    await source.close()
    scratch.remove()
  }
}, 300_000)
