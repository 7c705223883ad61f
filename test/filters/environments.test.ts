import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { loadFilters } from '../../src/filters/index.js'
import { releaseFiles } from '../../src/model/project.js'
import { filtered, projectOf } from './support.js'

const FILES = [
  'a-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
  'a-1.0-cp311-cp311-manylinux_2_34_x86_64.whl',
  'a-1.0-cp313-cp313-win_amd64.whl',
  'a-1.0-cp313-cp313-win32.whl',
  'a-1.0.tar.gz',
  'a-1.0.win32-py2.7.exe',
  'a-1.0-py3.8.egg',
]

async function kept(lines: string, files: readonly (string | Record<string, unknown>)[] = FILES): Promise<string[]> {
  const config = parseConfig(`[plugins]\nenabled =\n    environments\n[environments]\n${lines}\n`, 'b.conf')
  const filters = await loadFilters(config, ['environments'], { directory: '/nowhere' })
  const all = files.map((file) => (typeof file === 'string' ? { filename: file } : file))
  const project = filtered(filters, projectOf({ info: { name: 'a' }, releases: { '1.0': all } }, 'a'))
  return project === undefined ? [] : releaseFiles(project).map(({ filename }) => filename)
}

const LINUX = 'linux = cp311 manylinux_2_28_x86_64'
const WINDOWS = 'win = cp313 win_amd64'

describe('the filter environments', () => {
  it('keeps sdists and the wheels that one of the environments can install', async () => {
    expect(await kept(LINUX)).toEqual([FILES[0], FILES[4]])
    expect(await kept(`${LINUX}\n${WINDOWS}`)).toEqual([FILES[0], FILES[2], FILES[4]])
  })

  it('keeps sdists as it is told', async () => {
    expect(await kept(`${LINUX}\nsdists = drop`)).toEqual([FILES[0]])
    expect(await kept(`${LINUX}\nsdists = when-needed`)).toEqual([FILES[0]])
    expect(await kept(`${LINUX}\nmac = cp312 macosx_14_0_arm64\nsdists = when-needed`)).toEqual([FILES[0], FILES[4]])
  })

  it('goes by Requires-Python', async () => {
    const files = [{ filename: 'a-1.0-py3-none-any.whl', requires_python: '>=3.12' }]
    expect(await kept(LINUX, files)).toEqual([])
    expect(await kept(WINDOWS, files)).toEqual(['a-1.0-py3-none-any.whl'])
  })

  it('takes no environment from [DEFAULT]', async () => {
    const config = parseConfig(`[DEFAULT]\nx = y\n[environments]\n${LINUX}\n`, 'b.conf')
    const filters = await loadFilters(config, ['environments'], { directory: '/nowhere' })
    expect(filters.releaseFile[0]?.settings).toEqual([['cp311 manylinux_2_28_x86_64'], 'keep'])
  })

  it.each([
    ['linux = cp3111 manylinux_2_28_x86_64', /^b\.conf:5: \[environments\] linux .*"cp3111" is not the tag/],
    ['linux = cp311 manylinux_2_28_x86_65', /did you mean manylinux_2_28_x86_64\?/],
    ['linux = cp311', /names no platform/],
    ['sdists = some\nlinux = cp311 any', /\[environments\] sdists = "some": must be one of keep, when-needed, drop/],
  ])('refuses %s', async (lines, message) => {
    await expect(kept(lines)).rejects.toThrow(message)
  })

  it('keeps everything where no environment is named, and says so', async () => {
    const config = parseConfig('[environments]\nsdists = drop\n', 'b.conf')
    const filters = await loadFilters(config, ['environments'], { directory: '/nowhere' })
    expect(filters.releaseFile).toEqual([])
    expect(filters.warnings).toEqual(['environments: [environments] names none, so it keeps every file'])
  })
})
