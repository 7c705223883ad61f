import { describe, expect, it } from 'vitest'
import { parseSize } from '../../src/python/size.js'
import { oracleCases } from '../helpers/oracle.js'

type SizeCase = [text: string, answer: string | { readonly error: string }]

const cases = oracleCases('size').filter((c): c is SizeCase => Array.isArray(c))

function outcome(text: string): string {
  try {
    const size = parseSize(text)
    return size === undefined ? 'InvalidSize' : String(size)
  } catch (error) {
    if (error instanceof RangeError) return 'the program ends'
    throw error
  }
}

describe('sizes', () => {
  it('are read as humanfriendly reads them', () => {
    expect(cases.length).toBeGreaterThan(300)
    const wrong = cases
      .map(([text, answer]) => {
        const error = typeof answer === 'string' ? undefined : answer.error
        const want = error === undefined ? answer : error === 'InvalidSize' ? error : 'the program ends'
        return { text, want, got: outcome(text) }
      })
      .filter(({ want, got }) => want !== got)
    expect(wrong.slice(0, 5)).toEqual([])
  })
})
