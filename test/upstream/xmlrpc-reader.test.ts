import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.js'
import { createRpcReader } from '../../src/upstream/xmlrpc-reader.js'
import type { RpcValue } from '../../src/upstream/rpc-value.js'
import { HEAD, success, xml } from './rpc-text.js'

describe('createRpcReader', () => {
  function read(
    text: string,
    cuts: readonly number[] = [],
  ): ReturnType<ReturnType<typeof createRpcReader>['response']> {
    const body = Buffer.from(text)
    const reader = createRpcReader('rpc')
    let from = 0
    for (const cut of [...cuts].map((n) => n % (body.length + 1)).sort((a, b) => a - b)) {
      reader.write(body.subarray(from, cut))
      from = cut
    }
    reader.write(body.subarray(from))
    reader.end()
    return reader.response()
  }

  it('reads values of all kinds, however the bytes are cut', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((s) => !/[\u0000-\u001f\ufffe\uffff\ud800-\udfff]/.test(s))
    const { value } = fc.letrec<{ value: RpcValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), tie('value'))).map((pairs) => new Map(pairs)),
      ),
    }))
    fc.assert(
      fc.property(value, fc.array(fc.nat()), (given, cuts) => {
        expect(read(success(given), cuts)).toEqual({ kind: 'value', value: given })
      }),
    )
  })

  it.each<[string, RpcValue]>([
    ['<value>bare &lt;text&gt; &#233;&#xe9;</value>', 'bare <text> éé'],
    ['<value></value>', ''],
    ['<value/>', ''],
    ['<value><string/></value>', ''],
    ['<value><string><![CDATA[<a>&amp;]]></string></value>', '<a>&amp;'],
    ['<value><i8>4294967296</i8></value>', 4294967296],
    ['<value><i4> -5 </i4></value>', -5],
    ['<value><int>1e3</int></value>', NaN],
    ['<value><int>99999999999999999999</int></value>', NaN],
    ['<value><double>1.5</double></value>', 1.5],
    ['<value><ex:nil/></value>', null],
    ['<value><dateTime.iso8601>20250101T00:00:00</dateTime.iso8601></value>', '20250101T00:00:00'],
    ['<value><array><data/></array></value>', []],
    ['<value><struct/></value>', new Map()],
  ])('reads %s', (text, expected) => {
    expect(read(`${HEAD}<params><param>${text}</param></params></methodResponse>`)?.value).toEqual(expected)
  })

  it.each([
    ['members in an array', '<array><data><member><name>a</name><value>1</value></member></data></array>'],
    ['values in a struct', '<struct><value>1</value></struct>'],
  ])('refuses %s', (_, value) => {
    const text = `${HEAD}<params><param><value>${value}</value></param></params></methodResponse>`
    for (const cuts of [[], [text.length - 60]]) expect(() => read(text, cuts)).toThrow('not a valid XML-RPC answer')
  })

  it('refuses an answer that ends within a character', () => {
    const reader = createRpcReader('rpc')
    reader.write(Buffer.concat([Buffer.from(success('text')), Buffer.from([0xc3])]))
    expect(() => reader.end()).toThrow('not a valid XML-RPC answer')
  })

  it('refuses a document type and the entities it could define', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>`
    const text = `${bomb}<methodResponse><params><param><value><string>&b;&f;</string></value></param></params></methodResponse>`
    expect(() => read(text)).toThrow('document type')
    const within = (markup: string): string => success(['a', 'b']).replace('<data>', `<data>${markup}`)
    for (const markup of ['<!DOCTYPE x>', '<!ENTITY a "b">', '<![IGNORE[x]]>', '<!x>']) {
      expect(() => read(within(markup)), markup).toThrow(UpstreamError)
    }
    for (const entity of ['&b;', '&nbsp;', '&constructor;', '&', '&#0;', '&#x110000;', '&#;', '&#-5;', '& amp;']) {
      expect(() => read(success('+').replace('+', entity)), entity).toThrow(UpstreamError)
      expect(() => read(success(['+']).replace('+', entity)), entity).toThrow(UpstreamError)
    }
  })

  it.each([
    [
      'comments and CDATA',
      '<!-- </value></data> --><value><![CDATA[</value><value>]]></value><?a <value>?>',
      ['</value><value>'],
    ],
    ['lists in lists', xml([]) + xml([['a'], new Map([['b', [1]]])]), [[], [['a'], new Map([['b', [1]]])]]],
    ['empty elements', '<value/><value><string/></value><value ><nil /></value >', ['', '', null]],
    ['attributes', '<value a="b"><int c=\'d\'>5</int></value>', [5]],
  ])('reads %s in a list the same, however the bytes are cut', (_, items, expected) => {
    const text = success([]).replace('<data>', `<data>${items}`)
    expect(read(text)?.value).toEqual(expected)
    expect(
      read(
        text,
        Array.from(text, (__, i) => i),
      )?.value,
    ).toEqual(expected)
  })

  it('refuses what is not well-formed or no XML-RPC, however the bytes are cut', () => {
    const rows = xml([
      ['a', 1],
      ['b', 2],
    ])
    const wrong = [
      [/<\/int>/, '</string>'],
      [/<int>/, ''],
      [/<\/int>/, ''],
      [/<\/data>/, '</struct>'],
      [/<\/data>(?=<\/array><\/value>$)/, '</data></data>'],
      [/<value>(?=<string>a)/, '<member>'],
      [/<string>a/, '<string><int>5</int>a</string><string>'],
      [/<int>1/, '<1nt>1'],
      [/<int>1/, '<__proto__>1'],
      [/<data>/, '<data><member><name>a</name><value/></member>'],
      [/<data>/, '<data><data/>'],
      [/<int>1/, '<int a="/>">1'],
      [/<\/array>/, '</array><array><data/></array>'],
      [/$/, '<value/>'],
    ] as const
    for (const [found, put] of wrong) {
      const text = success([]).replace(xml([]), rows.replace(found, put))
      expect(rows, put).toMatch(found)
      expect(() => read(text), put).toThrow(UpstreamError)
      expect(
        () =>
          read(
            text,
            Array.from(text, (_, i) => i),
          ),
        put,
      ).toThrow(UpstreamError)
    }
    for (const text of [`${success([])}<x/>`, `${success([])}x`, `${success(5)}`.replace('5', '5</int><int>6')]) {
      expect(() => read(text), text).toThrow(UpstreamError)
    }
  })

  it('meets every answer that is cut off as an error', () => {
    const text = success([['name', '1.0', 5, 'create', 7]]).trimEnd()
    for (let length = text.indexOf('<methodResponse>') + 16; length < text.length; length += 1) {
      expect(() => read(text.slice(0, length)), `${length}`).toThrow(UpstreamError)
    }
  })

  it('refuses what is nested deep or has an endless text', () => {
    expect(() => read(HEAD + '<value><array><data>'.repeat(100))).toThrow('nested too deep')
    expect(() => read(`${HEAD}<value>${'x'.repeat(3_000_000)}`)).toThrow('too long')
  })

  it('knows what is no XML-RPC', () => {
    for (const text of ['', '<!doctype html><p>x', '<!DOCTYPE HTML>\n<html>', '{"a":1}', '<rss></rss>', 'plain'])
      expect(read(text)).toBeUndefined()
  })
})
