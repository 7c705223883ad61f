import { mkdtempSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { parseLogConfig } from '../../src/log/python/config.js'
import { createLogOn } from '../../src/log/create.js'
import { createScreen } from '../../src/log/screen.js'

interface Recorded {
  readonly name: string
  readonly zone: string
  readonly config: string
  /** seconds since the epoch, Python's level, message */
  readonly records: readonly (readonly [number, number, string])[]
  readonly before: Readonly<Record<string, readonly [string, number]>>
  readonly stdout: string
  readonly stderr: string
  readonly files: Readonly<Record<string, string>>
}

/** What CPython's fileConfig does with some files, recorded by generate.py beside it. */
const fixture = join(import.meta.dirname, '../fixtures/log/fileconfig.json')
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Recorded[] }

/** Writes the records of a case with this program's log and says what came out where. */
async function replay(recorded: Recorded): Promise<Pick<Recorded, 'stdout' | 'stderr' | 'files'>> {
  const directory = mkdtempSync(join(tmpdir(), 'log-'))
  for (const [name, [content, time]] of Object.entries(recorded.before)) {
    writeFileSync(join(directory, name), content)
    utimesSync(join(directory, name), time, time)
  }
  const written = { stdout: '', stderr: '' }
  let now = (recorded.records[0]?.[0] ?? 0) * 1000
  const log = createLogOn({
    level: 'info',
    format: 'text',
    screen: createScreen({
      writer: { write: (text) => void (written.stderr += text) },
      terminal: false,
      columns: () => 80,
    }),
    stdout: { write: (text) => void (written.stdout += text) },
    coloured: false,
    pid: 1,
    cwd: directory,
    startedAt: now,
    now: () => now,
  })
  log.configure(parseLogConfig(recorded.config.replaceAll('{dir}', directory), 'log.conf'))
  for (const [time, level, message] of recorded.records) {
    now = Math.floor(time * 1000)
    if (level === 10) log.debug(message)
    else if (level === 20) log.info(message)
    else if (level === 30) log.warn(message)
    else log.error(message)
  }
  await log.close()
  const files = Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
  )
  return { ...written, files }
}

describe('a Python logging file gives the lines and files that Python gives', () => {
  const zone = process.env['TZ']
  afterEach(() => {
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
  })

  it.each(cases.map((recorded) => [recorded.name, recorded] as const))('%s', async (_, recorded) => {
    process.env['TZ'] = recorded.zone
    const { stdout, stderr, files } = recorded
    expect(await replay(recorded)).toEqual({ stdout, stderr, files })
  })
})
