import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UpstreamError } from '../../src/errors.js'
import { createListScanner } from '../../src/upstream/list-scanner.js'

interface Scanned {
  readonly entries: unknown[]
  readonly around: unknown
}

function scan(body: Buffer, cuts: readonly number[] = []): Scanned {
  const entries: unknown[] = []
  const scanner = createListScanner((batch) => entries.push(...batch), 'list')
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
    const entry = fc.oneof(
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
    const scanner = createListScanner(() => undefined, 'list')
    scanner.write(Buffer.from('{"projects":["'))
    const pour = (): void => {
      for (let i = 0; i < 100; i += 1) scanner.write(Buffer.alloc(64 * 1024, 0x61))
    }
    expect(pour).toThrow('too long')
    const other = createListScanner(() => undefined, 'list')
    expect(() => {
      for (let i = 0; i < 100; i += 1) other.write(Buffer.alloc(64 * 1024, 0x20))
    }).toThrow('no list of projects')
  })
})
