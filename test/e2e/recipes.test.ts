import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { deleteCommand } from '../../src/commands/delete.js'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { codeBlocks, pageText } from '../helpers/docs/blocks.js'
import { createPackageIndex, sdist, wheel } from '../helpers/index/index.js'
import type { PackageIndex } from '../helpers/index/index.js'
import { bench } from '../commands/support.js'
import { createMirror, listedNames, pageFiles, publish, serveIndex } from './support.js'

const TEXT = pageText('docs/filters.md')

/** The configuration of the recipe that is introduced by these words. */
function recipe(introduction: string): string {
  const at = TEXT.indexOf(`\n${introduction}`)
  if (at < 0) throw new Error(`docs/filters.md has no recipe "${introduction}"`)
  return codeBlocks(TEXT.slice(at), 'ini')[0] ?? ''
}

/** Runs the recipe on an index. */
async function mirrored(index: PackageIndex, configuration: string): ReturnType<typeof run> {
  return run((await serveIndex(index)).url, configuration)
}

async function run(master: string, configuration: string): Promise<ReturnType<typeof createMirror>> {
  const mirror = createMirror(master, `json = true\n${configuration}`)
  const { code, log } = await mirror.run()
  expect(log).not.toMatch(/WARNING|ERROR/)
  expect(code, log).toBe(0)
  return mirror
}

function indexOf(releases: Readonly<Record<string, readonly string[]>>): PackageIndex {
  const index = createPackageIndex()
  for (const [name, versions] of Object.entries(releases))
    for (const version of versions) publish(index, { name, version })
  return index
}

it('only what my requirements need', async () => {
  const requirements = mkdtempSync(join(tmpdir(), 'requirements-'))
  onTestFinished(() => rmSync(requirements, { recursive: true, force: true }))
  writeFileSync(join(requirements, 'app.txt'), 'wanted==1.1\n# why\n')
  writeFileSync(join(requirements, 'dev.txt'), 'Also_Wanted>=2\n')
  const index = indexOf({ wanted: ['1.0', '1.1', '1.2'], 'also-wanted': ['1.0', '2.0', '3.0'], other: ['1.0'] })
  const mirror = await mirrored(
    index,
    recipe('Only what my requirements need').replace('/etc/bandersnatch/requirements', requirements),
  )
  expect(listedNames(mirror)).toEqual(['also-wanted', 'wanted'])
  expect(pageFiles(mirror, 'wanted')).toEqual(['wanted-1.1-py3-none-any.whl'])
  expect(pageFiles(mirror, 'also-wanted')).toEqual([
    'also_wanted-2.0-py3-none-any.whl',
    'also_wanted-3.0-py3-none-any.whl',
  ])
})

it('no Windows wheels, and nothing for Python 2.7 alone', async () => {
  const index = createPackageIndex()
  const native = { name: 'native', version: '1.0' }
  const tags = [
    'cp311-cp311-win_amd64',
    'cp311-cp311-win32',
    'cp311-cp311-win_arm64',
    'cp27-cp27m-manylinux1_x86_64',
    'cp311-cp311-manylinux2014_x86_64',
    'cp311-cp311-macosx_11_0_arm64',
    'py3-none-any',
  ]
  index.publish('native', '1.0', [...tags.map((tag) => wheel(native, { tag })), sdist(native)])
  const mirror = await mirrored(index, recipe('No Windows wheels'))
  expect(pageFiles(mirror, 'native').sort()).toEqual([
    'native-1.0-cp311-cp311-macosx_11_0_arm64.whl',
    'native-1.0-cp311-cp311-manylinux2014_x86_64.whl',
    'native-1.0-py3-none-any.whl',
    'native-1.0.tar.gz',
  ])
})

it('the latest three releases, and no pre-releases', async () => {
  const index = indexOf({ many: ['1.0', '1.9', '1.10', '2.0', '2.1rc1', '0.1'], few: ['1.0'] })
  const mirror = await mirrored(index, recipe('The latest three releases'))
  expect(pageFiles(mirror, 'many')).toEqual(['1.10', '1.9', '2.0'].map((version) => `many-${version}-py3-none-any.whl`))
  expect(pageFiles(mirror, 'few')).toHaveLength(1)
})

it('malware that is to disappear: it does not come in, and delete takes out what is there', async () => {
  const index = indexOf({
    colorama: ['1.0'],
    colourama: ['1.0'],
    ctx: ['0.1.2', '0.2.6'],
    'python-dateutils': ['1.0'],
    'python-dateutil': ['2.9'],
  })
  const upstream = await serveIndex(index)
  const configuration = recipe('Malware that is to disappear')
  const mirror = await run(upstream.url, configuration)
  expect(listedNames(mirror)).toEqual(['colorama', 'ctx', 'python-dateutil'])
  expect(pageFiles(mirror, 'ctx')).toEqual(['ctx-0.1.2-py3-none-any.whl'])

  const { directory, mirror: home, setting } = bench(upstream.url, 'json = true\n')
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const root = (): string => readFileSync(join(home, 'web/simple/index.html'), 'utf8')
  expect(await mirrorCommand(setting, { forceCheck: false, allowRemovals: false, retryFailed: false })).toBe(0)
  expect(root()).toContain('>colourama<')
  expect(await deleteCommand(setting, ['colourama'], { dryRun: false })).toBe(0)
  expect(root()).not.toContain('>colourama<')
})
