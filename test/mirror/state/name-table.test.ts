import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createNameTable } from '../../../src/mirror/state/name-table.js'

describe('createNameTable', () => {
  it('numbers names as a map would, whatever their letters', () => {
    const name = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.stringMatching(/^[a-z0-9-]{1,8}$/),
      fc.constant('é'.repeat(400)),
    )
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const table = createNameTable()
        const model = new Map<string, number>()
        for (const one of names) {
          expect(table.find(one)).toBe(model.get(one))
          if (!model.has(one)) model.set(one, model.size)
          expect(table.findOrAdd(one)).toBe(model.get(one))
        }
        expect(table.count).toBe(model.size)
        for (const [one, number] of model) expect(table.nameAt(number)).toBe(one)
      }),
    )
  })

  it('keeps the numbers when it grows', () => {
    const table = createNameTable()
    const names = Array.from({ length: 20_000 }, (_, number) => `project-${number}`)
    for (const [number, name] of names.entries()) expect(table.findOrAdd(name)).toBe(number)
    for (const [number, name] of names.entries()) expect(table.find(name)).toBe(number)
    expect(table.find('project-20000')).toBeUndefined()
  })

  it('takes a name out of other bytes', () => {
    const table = createNameTable()
    const bytes = Buffer.from('one two two')
    expect([
      table.findOrAddBytes(bytes, 0, 3),
      table.findOrAddBytes(bytes, 4, 7),
      table.findOrAddBytes(bytes, 8, 11),
    ]).toEqual([0, 1, 1])
    expect(table.find('two')).toBe(1)
  })
})
