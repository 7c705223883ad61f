import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.js'
import { createListScanner } from '../../src/upstream/list-scanner.js'
import type { ListHandler } from '../../src/upstream/list-scanner.js'

interface Scanned {
  readonly entries: unknown[]
  readonly around: unknown
}

const nobody: ListHandler = { onProject: () => undefined, onEntries: () => undefined }

function scan(body: Buffer, cuts: readonly number[] = []): Scanned {
  const entries: unknown[] = []
  const scanner = createListScanner(
    {
      onProject: (name, serial) => entries.push({ name, '_last-serial': serial }),
      onEntries: (batch) => entries.push(...batch),
    },
    'list',
  )
  let from = 0
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    scanner.write(body.subarray(from, cut))
    from = cut
  }
  scanner.write(body.subarray(from))
  scanner.end()
  return { entries, around: scanner.around() }
}

const json = (value: unknown, spaces = 0): Buffer => Buffer.from(JSON.stringify(value, null, spaces))

describe('createListScanner', () => {
  it('reads what JSON.parse reads, however the bytes are cut', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('],[', '"projects":[', '\\', '\\"', '},{', '__proto__'),
    )
    const plain = fc.string({ minLength: 1 })
    const entry = fc.oneof(
      fc.record({ name: plain, '_last-serial': fc.nat() }),
      fc.record({ '_last-serial': fc.nat(), name: plain }),
      fc.record({ name: text, '_last-serial': fc.integer() }),
      fc.dictionary(text, fc.jsonValue({ maxDepth: 3 })),
      fc.jsonValue({ maxDepth: 3 }),
    )
    const list = fc.record({ meta: fc.dictionary(text, fc.jsonValue({ maxDepth: 2 })), projects: fc.array(entry) })
    fc.assert(
      fc.property(list, fc.array(fc.nat()), fc.constantFrom(0, 2), fc.boolean(), (value, cuts, spaces, last) => {
        const document = last
          ? { ...value, more: { projects: [1, 2] } }
          : { projects: value.projects, meta: value.meta }
        const body = json(document, spaces)
        const scanned = scan(
          body,
          cuts.map((cut) => cut % (body.length + 1)),
        )
        expect(scanned.entries).toEqual(JSON.parse(JSON.stringify(value.projects)))
        expect(scanned.around).toEqual(JSON.parse(JSON.stringify({ ...document, projects: [] })))
      }),
      { numRuns: 300 },
    )
  })

  it.each([
    '{"_last-serial":5,"name":"a"}',
    '{ "name" : "A.b-c_1 " ,\n\t"_last-serial" : 999999999999999 }',
    '{"name":"a\\u0062","_last-serial":5}',
    '{"name":"é","_last-serial":5}',
    '{"name":"","_last-serial":5}',
    '{"name":"a","_last-serial":9999999999999999}',
    '{"name":"a","_last-serial":-5}',
    '{"name":"a","_last-serial":5.5}',
    '{"name":"a","_last-serial":"5"}',
    '{"name":"a","name":"b","_last-serial":5}',
    '{"name":"a","_last-serial":5,"x":{"name":"b","_last-serial":6}}',
    '{"name":"a"}',
    '{"_LAST-serial":5,"name":"a"}',
    '[{"name":"a","_last-serial":5},1]',
    '"name"',
  ])('reads %s wherever it stands', (entry) => {
    const plain = '{"_last-serial":1,"name":"plain"}'
    for (const entries of [[entry], [plain, entry], [entry, plain], [plain, entry, plain, plain, entry, entry]]) {
      const body = Buffer.from(`{"projects": [${entries.join(',')}]}`)
      const expected: unknown = JSON.parse(`[${entries.join(',')}]`)
      for (const cut of body.keys()) expect(scan(body, [cut]).entries).toEqual(expected)
      expect(scan(body, [...body.keys()]).entries).toEqual(expected)
    }
  })

  it.each([
    ',',
    '{"name":"a","_last-serial":1},',
    ',{"name":"a","_last-serial":1}',
    '{"name":"a","_last-serial":1},,{"name":"a","_last-serial":1}',
    '{"name":"a","_last-serial":1}{"name":"a","_last-serial":1}',
    '{"name":"a","_last-serial":01},{}',
    '{"name":"a" "_last-serial":1},{}',
    '{"name":"a","_last-serial":1,},{}',
    '{"name":"\u0001","_last-serial":1},{}',
    '\u00a0{"name":"a","_last-serial":1},{}',
    '{"name":"a","_last-serial":1]},{}',
  ])('refuses the entries %j, however the bytes are cut', (entries) => {
    const body = Buffer.from(`{"projects": [${entries}]}`)
    for (const cut of body.keys()) expect(() => scan(body, [cut]), `cut at ${cut}`).toThrow(UpstreamError)
    expect(() => scan(body, [...body.keys()])).toThrow(UpstreamError)
  })

  it('reads byte by byte', () => {
    const value = {
      meta: { a: '"projects":[' },
      projects: [
        { name: 'é"\\', '_last-serial': 1 },
        { name: ']', '_last-serial': 2 },
      ],
    }
    const body = json(value)
    expect(
      scan(
        body,
        Array.from(body, (_, i) => i),
      ).entries,
    ).toEqual(value.projects)
  })

  it('meets every cut-off list as an error', () => {
    const body = json({
      meta: { s: 1 },
      projects: [
        { name: 'a', n: 1 },
        { name: 'b', n: 2 },
      ],
      end: 1,
    })
    for (let length = 0; length < body.length; length += 1) {
      expect(() => scan(body.subarray(0, length)), `${length} bytes`).toThrow(UpstreamError)
    }
  })

  it.each([
    '',
    '[]',
    '"projects"',
    '<html>',
    '  <!doctype html>',
    '{}',
    '{"projects": {}}',
    '{"projects": null}',
    '{"a":{"projects":[1]}}',
    '{"projects":[1]',
    '{"projects":[1}}',
    '{"projects":[{]}',
    '{"projects":[1 2]}',
    '{"projects":[nan]}',
    '{"projects":[]}}',
    '{"projects":[]} x',
    '{"projects":["\u0001"]}',
    "{'projects':[]}",
  ])('refuses %j', (text) => {
    expect(() => scan(Buffer.from(text))).toThrow(UpstreamError)
  })

  it('refuses what is nested deep or has an endless entry, early', () => {
    expect(() => scan(Buffer.from('{"projects":[' + '['.repeat(1000)))).toThrow('nested too deep')
    const scanner = createListScanner(nobody, 'list')
    scanner.write(Buffer.from('{"projects":["'))
    const pour = (): void => {
      for (let i = 0; i < 100; i += 1) scanner.write(Buffer.alloc(64 * 1024, 0x61))
    }
    expect(pour).toThrow('too long')
    const other = createListScanner(nobody, 'list')
    expect(() => {
      for (let i = 0; i < 100; i += 1) other.write(Buffer.alloc(64 * 1024, 0x20))
    }).toThrow('no list of projects')
  })
})
