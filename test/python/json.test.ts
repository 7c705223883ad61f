import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { InvalidDocumentError } from '../../src/errors.js'
import { compareCodePoints } from '../../src/python/code-points.js'
import type { JsonValue } from '../../src/python/json/dumps.js'
import { dumps, quote } from '../../src/python/json/dumps.js'
import { pythonFloat } from '../../src/python/json/float.js'
import { hasIndexKeys, keyOrder } from '../../src/python/json/key-order.js'
import { MAX_DEPTH, reformat, reformatSorted } from '../../src/python/json/reformat.js'
import { oracleCases } from '../helpers/oracle.js'

type JsonCase = [text: string, compact: string, sorted: string, indented: string | null]

const cases = oracleCases('json').filter((c): c is JsonCase => Array.isArray(c))

describe('reformatting JSON', () => {
  it('agrees with Python', () => {
    expect(cases.length).toBeGreaterThan(200)
    const wrong = cases
      .map(([text, compact, sorted, indented]) => ({
        text,
        want: [compact, sorted, indented ?? sorted],
        got: [
          reformat(text, { sorted: false, indent: undefined }),
          reformatSorted(text),
          reformat(text, { sorted: false, indent: 4 }),
        ].map(String),
      }))
      .filter(({ want, got }) => JSON.stringify(want) !== JSON.stringify(got))
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('keeps the value of any document', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.boolean(), (text, sorted) => {
        expect(JSON.parse(reformat(text, { sorted, indent: 4 }).toString())).toEqual(JSON.parse(text))
      }),
    )
  })

  it.each([
    '',
    ' ',
    '{',
    '[',
    '[1',
    '[1,]',
    '[,1]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{,}',
    '{a:1}',
    '{1:1}',
    '1 2',
    '[1 2]',
    '"a',
    '"\\',
    '"\\x41"',
    '"\\u12g4"',
    '"\\u123"',
    '"\t"',
    '01',
    '-',
    '-01',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '0x10',
    'nul',
    'True',
    'NaN',
    'Infinity',
    '-Infinity',
    '\ufeff1',
    '\u00a01',
    ']',
    '}',
    '[}',
    '{"a":1]',
  ])('refuses %j', (text) => {
    expect(() => reformatSorted(text)).toThrow(InvalidDocumentError)
  })

  it('refuses integers longer than Python takes', () => {
    expect(reformatSorted(`-${'1'.repeat(4300)}`)).toHaveLength(4301)
    expect(() => reformatSorted('1'.repeat(4301))).toThrow(InvalidDocumentError)
  })

  it('bounds the depth instead of overflowing the stack', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    expect(reformat(nested(MAX_DEPTH), { sorted: true, indent: undefined }).toString()).toBe(nested(MAX_DEPTH))
    expect(() => reformatSorted(nested(MAX_DEPTH + 1))).toThrow(/200 levels/)
    expect(() => reformatSorted('{"a":'.repeat(1_000_000))).toThrow(InvalidDocumentError)
  })

  it('grows its output where everything is escaped or indented', () => {
    const text = JSON.stringify({ b: 'é'.repeat(10_000), a: Array.from({ length: 5_000 }, () => [0]) })
    expect(JSON.parse(reformatSorted(text).toString())).toEqual(JSON.parse(text))
  })

  it('treats names of the prototype as keys like any other', () => {
    const text = '{"toString": 1, "constructor": 2, "__proto__": {"x": 3}}'
    expect(reformat(text, { sorted: true, indent: undefined }).toString()).toBe(
      '{"__proto__": {"x": 3}, "constructor": 2, "toString": 1}',
    )
  })
})

describe('dumping values', () => {
  it('agrees with reformatting what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value)
        fc.pre(!text.includes('e+'))
        expect(dumps(value as JsonValue)).toBe(reformat(text, { sorted: false, indent: undefined }).toString())
      }),
    )
  })

  it('writes maps in their order, and numbers of every kind', () => {
    const value = new Map<string, JsonValue>([
      ['b', [1, -2.5, 1e22, 2n ** 70n]],
      ['2024', { n: null, t: true, list: [], map: new Map() }],
    ])
    expect(dumps(value)).toBe(
      '{"b": [1, -2.5, 10000000000000000000000, 1180591620717411303424], ' +
        '"2024": {"n": null, "t": true, "list": [], "map": {}}}',
    )
  })

  it('quotes text as Python does', () => {
    expect(quote('plain ~ [text]')).toBe('"plain ~ [text]"')
    expect(quote('"\\/\b\f\n\r\t\u001f\u007fé\u2028😀\ud800')).toBe(
      '"\\"\\\\/\\b\\f\\n\\r\\t\\u001f\\u007f\\u00e9\\u2028\\ud83d\\ude00\\ud800"',
    )
  })

  it('writes floats as repr does', () => {
    expect([1e16, 1e15, 0.0001, 0.00001, -0, 5e-324, 123456.5, NaN].map(pythonFloat)).toEqual([
      '1e+16',
      '1000000000000000.0',
      '0.0001',
      '1e-05',
      '-0.0',
      '5e-324',
      '123456.5',
      'NaN',
    ])
  })
})

describe('key order', () => {
  const releases = '{"2.0": [{"a": "}]\\"\\\\"}], "2024" : [], "1" : 3 , "2.0": 1}'
  const text = ` {"info": {"releases": {"x": 1}}, "releases" :\n${releases} }`

  it('is that of the text, where JSON.parse puts integers first', () => {
    expect(keyOrder(text, ['releases'])).toEqual(['2.0', '2024', '1'])
    expect(keyOrder(text, ['info', 'releases'])).toEqual(['x'])
    expect(keyOrder(text, [])).toEqual(['info', 'releases'])
  })

  it('is empty where there is no object', () => {
    for (const path of [['nothing'], ['info', 'x'], ['releases', '1'], ['releases', '2024']]) {
      expect(keyOrder(text, path)).toEqual([])
    }
    expect(keyOrder('[1]', ['a'])).toEqual([])
    expect(keyOrder('{}', [])).toEqual([])
  })

  it('follows the last of equal keys', () => {
    expect(keyOrder('{"a": {"x": 1}, "a": {"z": 1, "y": 2, "z": 3}}', ['a'])).toEqual(['z', 'y'])
  })

  it('tells when it is needed', () => {
    expect(hasIndexKeys({ '1.0': 1, '2024': 2 })).toBe(true)
    expect(hasIndexKeys({ '1.0': 1, '01': 2 })).toBe(false)
    expect(hasIndexKeys({})).toBe(false)
  })

  it('finds the keys of any document', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()), (object) => {
        const document = JSON.stringify({ before: '}', object })
        expect(keyOrder(document, ['object']).sort()).toEqual(Object.keys(object).sort())
      }),
    )
  })
})

describe('order of code points', () => {
  it('is that of the characters, not of their UTF-16 units', () => {
    expect(['😀', '\uffff', 'a', '\ud83d', '\ud83d\uffff', '', 'aa', '\ud83d😀'].sort(compareCodePoints)).toEqual([
      '',
      'a',
      'aa',
      '\ud83d',
      '\ud83d\uffff',
      '\ud83d😀',
      '\uffff',
      '😀',
    ])
  })

  it('agrees with a comparison point by point', () => {
    const point = fc.constantFrom('a', 'b', '\ud800', '\udc00', '\ud800\udc00', '\uffff', '\ue000')
    const texts = fc.array(point).map((points) => points.join(''))
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        const hex = (text: string): string =>
          Array.from(text, (c) => (c.codePointAt(0) ?? 0).toString(16).padStart(6, '0')).join()
        expect(Math.sign(compareCodePoints(a, b))).toBe(hex(a) < hex(b) ? -1 : hex(a) === hex(b) ? 0 : 1)
      }),
    )
  })
})
