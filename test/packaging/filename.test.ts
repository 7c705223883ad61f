import { describe, expect, it } from 'vitest'
import { packageType, versionFromFilename } from '../../src/packaging/filename.js'

describe('versionFromFilename', () => {
  it.each([
    ['foo-1.0-py3-none-any.whl', 'foo', '1.0'],
    ['FOO-1.0-1-cp311-cp311-win_amd64.WHL', 'foo', '1.0'],
    ['foo_bar-1.0.tar.gz', 'Foo.Bar', '1.0'],
    ['foo-bar-1.0.tar.bz2', 'foo-bar', '1.0'],
    ['foo-bar-2-1.0.zip', 'foo-bar-2', '1.0'],
    ['foo--1.0.zip', 'foo-', '1.0'],
    ['foo-1.0.tgz', 'foo', '1.0'],
    ['foo-1.0-py2.7.egg', 'foo', '1.0'],
    ['foo-1.0.win32-py2.7.exe', 'foo', '1.0'],
    ['foo-1.0.win-amd64.msi', 'foo', '1.0'],
    ['foo-1.0.linux-x86_64.tar.gz', 'foo', '1.0'],
    ['foo-1.0-1.noarch.rpm', 'foo', '1.0'],
    ['foo-1.0.macosx-10.9-x86_64.dmg', 'foo', '1.0'],
    ['foo-1.0-variants.json', 'foo', '1.0'],
    ['foo_bar-1.0rc1-variants.json', 'foo-bar', '1.0rc1'],
  ])('of %s of %s is %s', (filename, project, version) => {
    expect(versionFromFilename(filename, project)).toBe(version)
  })

  it.each([
    ['bar-1.0.tar.gz', 'foo'],
    ['foo.tar.gz', 'foo'],
    ['foo-1.0.json', 'foo'],
    ['foo-1.0.tar.gz.asc', 'foo'],
    ['foo-.zip', 'foo'],
  ])('is not told by %s of %s', (filename, project) => {
    expect(versionFromFilename(filename, project)).toBeUndefined()
  })

  it('is one of the listed versions where one fits: the longest', () => {
    const versions = ['1.0', '1.0-2', '1.0-2-py3']
    expect(versionFromFilename('foo-1.0-2.tar.gz', 'foo', versions)).toBe('1.0-2')
    expect(versionFromFilename('foo-1.0_2-py3-none-any.whl', 'foo', versions)).toBe('1.0-2')
    expect(versionFromFilename('foo-1.0-variants.json', 'foo', versions)).toBe('1.0')
    expect(versionFromFilename('foo-1.0.1.tar.gz', 'foo', versions)).toBe('1.0.1')
  })
})

describe('packageType', () => {
  it.each([
    ['foo-1.0.tar.gz', 'sdist'],
    ['foo-1.0.zip', 'sdist'],
    ['foo-1.0.tar.Z', 'sdist'],
    ['foo-1.0-py3-none-any.whl', 'bdist_wheel'],
    ['foo-1.0-py2.7.egg', 'bdist_egg'],
    ['foo-1.0.win32.exe', 'bdist_wininst'],
    ['foo-1.0.msi', 'bdist_msi'],
    ['foo-1.0.dmg', 'bdist_dmg'],
    ['foo-1.0-1.noarch.rpm', 'bdist_rpm'],
    ['foo-1.0.linux-x86_64.tar.gz', 'bdist_dumb'],
    ['foo-1.0.win32.zip', 'bdist_dumb'],
    ['foo-1.0-variants.json', undefined],
    ['foo-1.0.tar.gz.asc', undefined],
  ])('of %s is %s', (filename, type) => {
    expect(packageType(filename)).toBe(type)
  })
})
