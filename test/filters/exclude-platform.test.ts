import { describe, expect, it } from 'vitest'
import { excludePlatform } from '../../src/filters/exclude-platform.js'
import { configOf, contextOf, projectOf } from './support.js'

function platforms(words: string): { drops: (filename: string) => boolean; warnings: string[] } {
  const warnings: string[] = []
  const context = contextOf(configOf({ blocklist: { platforms: words } }))
  const filter = excludePlatform.create({ ...context, warn: (line) => void warnings.push(line) })
  const project = projectOf({ info: { name: 'a' }, releases: { 1: [{ filename: 'a.zip' }] } }, 'a')
  const [release] = project.releases
  const [file] = release?.files ?? []
  const drops = (filename: string): boolean => {
    if (release === undefined || file === undefined) throw new Error('no file')
    return filter?.keepFile({ ...file, filename }, release, project.info) === false
  }
  return { drops, warnings }
}

const tagged = (tags: string): string => `foo-1.0-${tags}.whl`

describe('platforms', () => {
  it.each([
    'manylinux_2_28_aarch64',
    'manylinux2014_aarch64',
    'manylinux_2_39_riscv64',
    'musllinux_1_2_riscv64',
    'linux_aarch64',
    'linux_riscv64',
  ])('linux covers %s', (tag) => {
    expect(platforms('linux').drops(tagged(`cp313-cp313-${tag}`))).toBe(true)
  })

  it.each([
    ['ios', 'cp313-cp313-ios_13_0_arm64_iphoneos'],
    ['android', 'cp313-cp313-android_24_arm64_v8a'],
    ['pyodide', 'cp312-cp312-pyodide_2024_0_wasm32'],
    ['pyodide', 'cp313-cp313-pyemscripten_2025_0_wasm32'],
    ['py3.15', 'cp315-cp315-win_amd64'],
    ['py3.15', 'cp315-cp315t-manylinux_2_28_x86_64'],
  ])('%s drops %s and nothing else', (word, tags) => {
    const { drops, warnings } = platforms(word)
    expect(drops(tagged(tags))).toBe(true)
    expect(drops(tagged('cp314-cp314-macosx_14_0_arm64'))).toBe(false)
    expect(warnings).toEqual([])
  })

  it('a Python version leaves wheels for its stable ABI, which later versions use', () => {
    const { drops } = platforms('py3.7')
    expect(drops(tagged('cp37-cp37m-win_amd64'))).toBe(true)
    expect(drops(tagged('cp37-abi3-win_amd64'))).toBe(false)
    expect(platforms('py3.7 windows').drops(tagged('cp37-abi3-win_amd64'))).toBe(true)
    expect(platforms('cp37-abi3').drops(tagged('cp37-abi3-win_amd64'))).toBe(true)
    expect(platforms('cp37-abi3').drops(tagged('cp38-abi3-win_amd64'))).toBe(false)
  })
})

describe('words that are not platforms', () => {
  it.each([
    ['win32', 'write -win32 and .win32, or windows for all of Windows'],
    ['win64', 'write win_amd64, or windows'],
    ['OSX', 'write macos'],
    ['darwin', 'write macos'],
    ['manylinux', 'write linux, or whole tags'],
    ['aarch64', 'write whole tags such as manylinux2014_aarch64'],
    ['cp27', 'write py2.7'],
    ['python3.7', 'write py3.7'],
    ['2.7', 'write py2.7'],
    ['windwos', 'did you mean windows?'],
    ['#', 'a comment needs its own line'],
  ])('%s: %s', (word, instead) => {
    const { warnings } = platforms(word)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(`exclude_platform: ${JSON.stringify(word)} is not a known platform; ${instead}`)
  })
})
