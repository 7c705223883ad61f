import { describe, expect, it } from 'vitest'
import { nearest, similar } from '../../src/model/nearest.js'

describe('nearest', () => {
  it.each<[string, string[], string | undefined]>([
    ['worker', ['workers', 'verifiers'], 'workers'],
    ['Hash_Index', ['hash-index', 'json'], 'hash-index'],
    ['jsno', ['json', 'proxy'], undefined],
    ['jsn', ['proxy', 'json'], 'json'],
    ['json5', ['json'], 'json'],
    ['tiemout', ['timeout'], 'timeout'],
    ['abcdef', ['abcxyz'], undefined],
    ['abcdef', ['abcdxy', 'abcdxyz'], 'abcdxy'],
    ['x'.repeat(61), ['x'.repeat(61)], undefined],
    ['', ['a'], 'a'],
    ['a', [], undefined],
  ])('%j among %j: %j', (name, known, expected) => {
    expect(nearest(name, known)).toBe(expected)
  })
})

describe('similar', () => {
  it.each<[string, string[], string | undefined]>([
    ['compare-mirrors', ['json', 'compare-method'], 'compare-method'],
    ['filter_packages', ['filter_prerelease', 'filter_regex', 'plugins'], 'filter_regex'],
    ['comparison', ['compare-method'], undefined],
    ['filter-something', ['filter'], undefined],
    ['compare-methods', ['compare-files', 'compare-method'], 'compare-method'],
  ])('%j among %j: %j', (name, known, expected) => {
    expect(similar(name, known)).toBe(expected)
  })
})
