import { expect, it } from 'vitest'
import { readOnce } from '../../../src/mirror/verify/read-once.js'
import { memoryPlace, memoryStorage } from '../../helpers/memory-storage.js'

const KEY = 'web/simple/a/index.html'

/** A storage that counts what is asked of it. */
function counting() {
  const asked: string[] = []
  const inner = memoryStorage(memoryPlace())
  const storage = readOnce({
    ...inner,
    read: (key) => (asked.push(`read ${key}`), inner.read(key)),
    names: (key, kind) => (asked.push(`${kind} ${key}`), inner.names(key, kind)),
  })
  return { storage, asked }
}

it('reads a file and lists a directory once, as long as nothing is written', async () => {
  const { storage, asked } = counting()
  await storage.write(KEY, 'one')
  for (let time = 0; time < 2; time += 1) {
    expect((await storage.read(KEY))?.toString()).toBe('one')
    expect(await storage.names('web/simple/a', 'files')).toEqual(['index.html'])
    expect(await storage.names('web/simple', 'directories')).toEqual(['a'])
  }
  expect(asked).toEqual([`read ${KEY}`, 'files web/simple/a', 'directories web/simple'])
})

it.each([
  ['write', 'two'],
  ['copy', 'other'],
  ['link', 'other'],
  ['remove', undefined],
  ['removeTree', undefined],
] as const)('reads again after %s', async (change, expected) => {
  const { storage } = counting()
  await storage.write(KEY, 'one')
  await storage.write('web/simple/b/index.html', 'other')
  expect((await storage.read(KEY))?.toString()).toBe('one')
  if (change === 'write') await storage.write(KEY, 'two')
  else if (change === 'remove') await storage.remove(KEY)
  else if (change === 'removeTree') await storage.removeTree('web/simple/a')
  else await storage[change](KEY, 'web/simple/b/index.html')
  expect((await storage.read(KEY))?.toString()).toBe(expected)
})
