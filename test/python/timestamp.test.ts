import { mkdtempSync, rmSync, statfsSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pythonFloat } from '../../src/python/json/float.js'
import { parseTimestamp, sameUploadTime, utimesArgument } from '../../src/python/timestamp.js'
import { oracleCases } from '../helpers/oracle.js'

interface Stored {
  readonly mtime_ns: string
  readonly equal?: boolean
}
interface Answer extends Stored {
  readonly iso: string
  readonly aware: boolean
  readonly ts: string
  readonly tmpfs?: Stored
}
type TimestampCase = [text: string, answer: Answer | { readonly error: string }]

const cases = oracleCases('timestamps').filter((c): c is TimestampCase => Array.isArray(c))
const dates = cases.filter((c): c is [string, Answer] => 'iso' in c[1])

/** A text without an offset is local time; the answers were recorded in UTC. */
const zone = process.env['TZ']
beforeAll(() => {
  process.env['TZ'] = 'UTC'
})
const directory = mkdtempSync(join(tmpdir(), 'timestamp-'))
afterAll(() => {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
  rmSync(directory, { recursive: true })
})

describe('upload times', () => {
  it('are read as Python reads them', () => {
    expect(cases.length).toBeGreaterThan(200)
    const wrong = cases
      .map(([text, answer]) => {
        const parsed = parseTimestamp(text)
        const got = parsed && { iso: parsed.iso, aware: parsed.aware, ts: pythonFloat(parsed.seconds) }
        const want = 'iso' in answer ? { iso: answer.iso, aware: answer.aware, ts: answer.ts } : undefined
        return { text, got, want }
      })
      .filter(({ got, want }) => JSON.stringify(got) !== JSON.stringify(want))
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('are kept by files to the microsecond, and found again', () => {
    const TMPFS = 0x01021994
    const onTmpfs = statfsSync(directory).type === TMPFS
    const path = join(directory, 'file')
    writeFileSync(path, '')
    const wrong = dates.flatMap(([text, answer]) => {
      const time = parseTimestamp(text)
      if (time === undefined) return [{ text }]
      const argument = utimesArgument(time.seconds)
      utimesSync(path, argument, argument)
      const want = onTmpfs ? { ...answer, ...answer.tmpfs } : answer
      const equal = sameUploadTime(statSync(path).mtimeMs / 1000, time)
      const apart = Number(statSync(path, { bigint: true }).mtimeNs - BigInt(want.mtime_ns))
      return equal === (want.equal ?? false) && Math.abs(apart) < 1000 ? [] : [{ text, equal, apart }]
    })
    expect(wrong.slice(0, 5)).toEqual([])
  })

  it('differ from stored times that are a microsecond off', () => {
    const time = parseTimestamp('2020-02-29T23:59:59.123456Z')
    if (time === undefined) throw new Error('not read')
    expect(sameUploadTime(time.seconds, time)).toBe(true)
    expect(sameUploadTime(time.seconds + 1e-6, time)).toBe(false)
    expect(sameUploadTime(time.seconds - 1e-6, time)).toBe(false)
    expect(sameUploadTime(NaN, time)).toBe(false)
  })
})
