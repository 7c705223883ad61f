import { describe, expect, it } from 'vitest'
import { InvalidDocumentError } from '../../src/errors.js'
import { nullMatches, parseMetadataKey, valueAt } from '../../src/filters/document-path.js'

describe('a key of a metadata filter', () => {
  it('is tags and a path', () => {
    expect(parseMetadataKey('not-null:any:info.classifiers')).toEqual({
      text: 'not-null:any:info.classifiers',
      tags: ['not-null', 'any'],
      path: ['info', 'classifiers'],
    })
    expect(parseMetadataKey('info')).toMatchObject({ tags: [], path: ['info'] })
  })

  it.each([
    ['info.x', true],
    ['not-null:info.x', false],
    ['not-null:any:info.x', false],
    ['any:not-null:info.x', false],
    ['not-null:match-null:info.x', true],
    ['match-null:not-null:info.x', false],
    ['none:info.x', true],
  ])('%s: a missing value matches: %j', (key, expected) => {
    expect(nullMatches(parseMetadataKey(key))).toBe(expected)
  })
})

describe('valueAt', () => {
  const fields = { info: { name: 'foo', none: null, list: ['a'], nested: { deep: 0 } }, release: '1.0' }
  it.each<[string, unknown]>([
    ['info.name', 'foo'],
    ['info.nested.deep', 0],
    ['info.list', ['a']],
    ['info.none', undefined],
    ['info.none.deeper', undefined],
    ['info.missing', undefined],
    ['info.constructor', undefined],
    ['missing.name', undefined],
    ['info.name.bar', undefined],
    ['info.list.b', undefined],
  ])('%s is %j', (key, expected) => {
    expect(valueAt(fields, parseMetadataKey(key))).toEqual(expected)
  })

  it.each(['info.name.fo', 'info.list.a', 'info.nested.deep.x'])('%s leads nowhere', (key) => {
    expect(() => valueAt(fields, parseMetadataKey(key))).toThrow(InvalidDocumentError)
  })
})
