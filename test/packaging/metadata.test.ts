import { describe, expect, it } from 'vitest'
import { hasStaticRequires, MAX_METADATA, parseMetadata } from '../../src/packaging/metadata.js'
import { parseRequirement } from '../../src/packaging/requirement.js'
import { oracleCases } from '../helpers/oracle.js'

interface Fields {
  metadata_version?: string
  name?: string
  version?: string
  requires_dist?: string[]
  requires_python?: string
  provides_extra?: string[]
  dynamic?: string[]
  unparsed?: Record<string, string[]>
}
interface Case {
  text?: string
  base64?: string
  packaging: Fields
  pip: { requires_dist?: string[] | string | null; error?: string }
  bad_requires?: string[]
  static_requires: boolean
}

const cases = oracleCases('metadata') as Case[]
const bytesOf = ({ text, base64 = '' }: Case): Buffer =>
  text === undefined ? Buffer.from(base64, 'base64') : Buffer.from(text)

function fields(bytes: Buffer): Required<Fields> {
  const read = parseMetadata(bytes)
  return {
    metadata_version: read.metadataVersion ?? '-',
    name: read.name ?? '-',
    version: read.version ?? '-',
    requires_dist: [...read.requiresDist],
    requires_python: read.requiresPython ?? '-',
    provides_extra: [...read.providesExtra],
    dynamic: [...read.dynamic],
    unparsed: Object.fromEntries([...read.unparsed].map(([name, values]) => [name, [...values]])),
  }
}

const NONE: Required<Fields> = {
  ...{ metadata_version: '-', name: '-', version: '-', requires_python: '-' },
  ...{ requires_dist: [], provides_extra: [], dynamic: [], unparsed: {} },
}

describe('core metadata', () => {
  it('has the fields that packaging reads', () => {
    expect(cases.length).toBeGreaterThan(50)
    for (const one of cases)
      expect({ of: one, ...fields(bytesOf(one)) }).toEqual({ of: one, ...NONE, ...one.packaging })
  })

  it('has the requirements that pip refuses among those that are not valid', () => {
    for (const one of cases) {
      if (typeof one.pip.requires_dist !== 'object' || one.pip.requires_dist === null) continue
      const valid = one.pip.requires_dist.filter((line) => !one.bad_requires?.includes(line))
      expect(valid.filter((line) => parseRequirement(line) === undefined)).toEqual([])
      expect((one.bad_requires ?? []).filter((line) => parseRequirement(line) !== undefined)).toEqual([])
    }
  })

  it('of an sdist is trusted where PEP 643 allows it', () => {
    for (const one of cases) {
      expect([one.packaging, hasStaticRequires(parseMetadata(bytesOf(one)))]).toEqual([
        one.packaging,
        one.static_requires,
      ])
    }
  })

  it('is refused above 16 MB', () => {
    const largest = Buffer.alloc(MAX_METADATA, 'x')
    largest.write('Name: a\n\n')
    expect(parseMetadata(largest).name).toBe('a')
    expect(() => parseMetadata(Buffer.alloc(MAX_METADATA + 1))).toThrow(/16777217 bytes/)
  })
})

describe('core metadata 2.5', () => {
  it('is read, with its fields for import names (PEP 794) left out', () => {
    const text =
      'Metadata-Version: 2.5\nName: a\nVersion: 1\nImport-Name: a\nImport-Namespace: b\nRequires-Dist: c\nDynamic: Summary\n'
    const metadata = parseMetadata(Buffer.from(text))
    expect(metadata).toMatchObject({ metadataVersion: '2.5', requiresDist: ['c'], dynamic: ['Summary'] })
    expect(hasStaticRequires(metadata)).toBe(true)
  })
})
