import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PublisherMemory, Sighting } from '../../src/attestations/memory.js'
import { NO_PUBLISHERS, parsePublisherMemory, publisherWarningText, remember } from '../../src/attestations/memory.js'
import type { Publisher } from '../../src/attestations/types.js'

const OURS: Publisher = { kind: 'github', repository: 'some/project', workflow: 'release.yml' }
const THEIRS: Publisher = { kind: 'github', repository: 'evil/project', workflow: 'release.yml' }

function sighting(uploaded: number, publisher: Publisher | undefined, expected = false): Sighting {
  return { filename: `f-${uploaded}.tar.gz`, uploaded, publisher, expected }
}

/** The kinds of the warnings that these files bring, in order. */
function warnings(onChange: 'warn' | 'refuse', ...sightings: readonly Sighting[]): string[] {
  let memory: PublisherMemory = NO_PUBLISHERS
  return sightings.map((each) => {
    const remembered = remember(memory, each, onChange)
    memory = remembered.memory
    return `${remembered.warning?.kind ?? 'none'}${remembered.refuse ? ', refused' : ''}`
  })
}

describe('the publishers of a project', () => {
  it('are remembered from the first attested file on', () => {
    expect(warnings('warn', sighting(1, undefined), sighting(2, OURS), sighting(3, OURS))).toEqual([
      'none',
      'none',
      'none',
    ])
  })

  it('that change are told once, and refused in every run', () => {
    const files = [sighting(1, OURS), sighting(2, THEIRS), sighting(3, THEIRS)]
    expect(warnings('warn', ...files)).toEqual(['none', 'change', 'none'])
    expect(warnings('refuse', ...files)).toEqual(['none', 'change, refused', 'change, refused'])
  })

  it('that change as the configuration expects are no change', () => {
    expect(warnings('refuse', sighting(1, OURS), sighting(2, THEIRS, true))).toEqual(['none', 'none'])
  })

  it('that are lost are told once until an attested file comes', () => {
    const files = [
      sighting(1, OURS),
      sighting(2, undefined),
      sighting(3, undefined),
      sighting(4, OURS),
      sighting(5, undefined),
    ]
    expect(warnings('warn', ...files)).toEqual(['none', 'loss', 'none', 'none', 'loss'])
    expect(warnings('refuse', ...files)).toEqual(['none', 'loss, refused', 'loss, refused', 'none', 'loss, refused'])
  })

  it('of older files are history and no change', () => {
    expect(warnings('refuse', sighting(9, OURS), sighting(2, THEIRS), sighting(1, undefined))).toEqual([
      'none',
      'none',
      'none',
    ])
  })

  it('are the same object where nothing changed', () => {
    const { memory } = remember(NO_PUBLISHERS, sighting(1, OURS), 'warn')
    const later = remember(memory, sighting(5, OURS), 'warn').memory
    expect(remember(later, sighting(3, OURS), 'warn').memory).toBe(later)
  })

  it('are named in the warnings', () => {
    const { memory } = remember(NO_PUBLISHERS, sighting(1, OURS), 'warn')
    const { warning } = remember(memory, sighting(2, THEIRS), 'warn')
    expect(warning && publisherWarningText(warning)).toBe(
      'it was published by github evil/project release.yml; earlier files were published by github some/project release.yml',
    )
  })

  it('survive being stored, whatever came', () => {
    const times = fc.integer({ min: 0, max: 100 })
    const publishers = fc.constantFrom(OURS, THEIRS, undefined)
    fc.assert(
      fc.property(fc.array(fc.tuple(times, publishers)), (files) => {
        let memory: PublisherMemory = NO_PUBLISHERS
        for (const [time, publisher] of files) memory = remember(memory, sighting(time, publisher), 'warn').memory
        expect(parsePublisherMemory(JSON.parse(JSON.stringify(memory)))).toEqual(memory)
      }),
    )
  })

  it.each([
    null,
    [],
    {},
    { publishers: [], lost: 1 },
    { publishers: [{}], lost: false },
    { publishers: {}, lost: true },
  ])('are not read from %j', (value) => {
    expect(parsePublisherMemory(value)).toBeUndefined()
  })
})
