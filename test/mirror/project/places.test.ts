import { describe, expect, it } from 'vitest'
import { misplacedNames, mirroredNames } from '../../../src/mirror/project/places.js'
import type { NameGroups } from '../../../src/mirror/project/places.js'
import type { Storage } from '../../../src/storage/types.js'
import { memoryPlace, memoryStorage } from '../../helpers/memory-storage.js'

const storageOf = (...keys: string[]): Storage => {
  const place = memoryPlace()
  for (const key of keys) place.files.set(`web/simple/${key}`, { body: Buffer.from(''), time: 0 })
  return memoryStorage(place)
}

async function all(groups: NameGroups): Promise<string[]> {
  const names: string[] = []
  for await (const some of groups) names.push(...some)
  return names
}

describe('without hash-index', () => {
  it('every directory is a project, in order', async () => {
    const storage = storageOf('b/index.html', 'a/index.html', 'index.html')
    expect(await all(mirroredNames(storage, false))).toEqual(['a', 'b'])
    expect(await all(misplacedNames(storage, false))).toEqual([])
  })

  it('a directory of one letter without a page that holds directories is left from hash-index', async () => {
    const storage = storageOf('a/abc/index.html', 'a/axe/index.html', 'plain/index.html')
    expect(await all(mirroredNames(storage, false))).toEqual(['plain'])
    expect(await all(misplacedNames(storage, false))).toEqual(['abc', 'axe'])
  })

  it('a project may have a name of one letter, and hold those of hash-index', async () => {
    const storage = storageOf('a/index.v1_json', 'a/abc/index.html', 'x/versions/index_1_Z.html')
    expect(await all(mirroredNames(storage, false))).toEqual(['a', 'x'])
    expect(await all(misplacedNames(storage, false))).toEqual([])
  })

  it('other names below a letter are not ours', async () => {
    const storage = storageOf('a/abc/index.html', 'a/bcd/index.html', 'a/a_b/index.html')
    expect(await all(misplacedNames(storage, false))).toEqual(['abc'])
  })
})

describe('with hash-index', () => {
  it('projects are below their letter', async () => {
    const storage = storageOf('a/abc/index.html', 'b/bcd/index.html', 'index.html')
    expect(await all(mirroredNames(storage, true))).toEqual(['abc', 'bcd'])
    expect(await all(misplacedNames(storage, true))).toEqual([])
  })

  it('longer directories are left from before', async () => {
    const storage = storageOf('a/abc/index.html', 'plain/index.html', 'Not_Normal/index.html', 'x/index.html')
    expect(await all(mirroredNames(storage, true))).toEqual(['abc'])
    expect(await all(misplacedNames(storage, true))).toEqual(['plain', 'x'])
  })
})
