import { spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EXIT } from '../src/errors.js'
import { parseHours, runPeriodically } from '../src/runner.js'
import type { RunnerOptions, RunnerWorld } from '../src/runner.js'
import { run } from './helpers/index/pip.js'

const RUNNER = join(import.meta.dirname, '..', 'bin', 'bandersnatch-runner.js')

describe('parseHours', () => {
  it.each([
    ['10-18', [10, 11, 12, 13, 14, 15, 16, 17, 18]],
    ['18-18', [18]],
    ['23-5', [23, 0, 1, 2, 3, 4, 5]],
    ['23', [23]],
    ['20-6', [20, 21, 22, 23, 0, 1, 2, 3, 4, 5, 6]],
    ['0-23', Array.from({ length: 24 }, (_, hour) => hour)],
  ])('%s', (text, hours) => expect(parseHours(text)).toEqual(hours))

  it.each(['foo', '', '24', '3-24', '-1', '1-2-3', '1.5', ' 1', '1\n'])('refuses %j', (text) => {
    expect(() => parseHours(text)).toThrow(`'${text}' is not a range of hours`)
  })
})

describe('runPeriodically', () => {
  let directory: string
  let stop: AbortController
  let signals: EventEmitter
  let printed: string[]
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'runner-'))
    writeFileSync(join(directory, 'conf'), '')
    stop = new AbortController()
    signals = new EventEmitter()
    printed = []
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  /** Runs a program that notes how it was called and ends with these codes, one after the other; then all is stopped. */
  function runs(
    script: string,
    options: Partial<RunnerOptions> = {},
    world: Partial<RunnerWorld> = {},
  ): Promise<number> {
    const program = join(directory, 'program.mjs')
    writeFileSync(
      program,
      `import fs from 'node:fs'
const calls = process.argv[2]
fs.appendFileSync(calls, JSON.stringify(process.argv.slice(3)) + '\\n')
const nth = fs.readFileSync(calls, 'utf8').split('\\n').length - 1
${script}`,
    )
    return runPeriodically(
      {
        interval: 0,
        config: join(directory, 'conf'),
        hours: parseHours('0-23'),
        forceCheck: false,
        healthFile: undefined,
        ...options,
      },
      {
        command: [process.execPath, program, join(directory, 'calls')],
        print: (line) => void printed.push(line),
        stop: stop.signal,
        signals,
        now: () => new Date(),
        pauseAfterFailure: 0,
        ...world,
      },
    )
  }
  const calls = (): unknown[] =>
    existsSync(join(directory, 'calls'))
      ? readFileSync(join(directory, 'calls'), 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as unknown)
      : []

  it('runs again and again until a run fails for good, whose exit code it gives', async () => {
    expect(await runs('process.exit(nth < 3 ? 0 : 2)')).toBe(2)
    expect(calls()).toEqual(Array.from({ length: 3 }, () => ['--config', join(directory, 'conf'), 'mirror']))
    expect(printed).toEqual(['Running bandersnatch every 0s'])
  })

  it('goes on after failures that may pass, and says so', async () => {
    const passing = [EXIT.incomplete, EXIT.upstream, EXIT.locked]
    const codes = JSON.stringify([...passing, EXIT.ok, EXIT.storage])
    expect(await runs(`process.exit(${codes}[nth - 1])`, { forceCheck: true })).toBe(EXIT.storage)
    expect(calls()).toHaveLength(5)
    expect(calls()[0]).toContain('--force-check')
    expect(printed.filter((line) => line.includes('failed'))).toEqual(
      passing.map((code) => `The run failed with exit code ${code}; trying again at the next one`),
    )
  })

  it('ends with 128 + N when something killed the run', async () => {
    expect(await runs("process.kill(process.pid, 'SIGKILL')")).toBe(137)
  })

  it('ends when there was no configuration, though there is an example now', async () => {
    const config = join(directory, 'missing')
    expect(await runs(`fs.writeFileSync(${JSON.stringify(config)}, ''); process.exit(1)`, { config })).toBe(1)
    expect(calls()).toHaveLength(1)
  })

  it('ends when there is no such program', async () => {
    expect(await runs('', {}, { command: [join(directory, 'nothing')] })).toBe(2)
    expect(printed.at(-1)).toMatch(/^Cannot run .*ENOENT/)
  })

  it('sleeps for the rest of the interval, and ends with 0 when stopped meanwhile', async () => {
    const ended = runs('process.exit(0)', { interval: 3600 })
    await expect.poll(() => printed.at(-1)).toMatch(/^Sleeping for 3[56]\d\d(\.\d+)?s$/)
    stop.abort()
    expect(await ended).toBe(0)
  })

  it('waits at least a while after a failure', async () => {
    const ended = runs(`process.exit(${EXIT.upstream})`, {}, { pauseAfterFailure: 60 })
    await expect.poll(() => printed.at(-1)).toBe('Sleeping for 60s')
    stop.abort()
    expect(await ended).toBe(0)
  })

  it('starts no run outside the hours', async () => {
    const ended = runs('', { hours: [3] }, { now: () => new Date(2026, 0, 1, 4) })
    setTimeout(() => stop.abort(), 300)
    expect(await ended).toBe(0)
    expect(calls()).toEqual([])
  })

  it('passes signals on and gives the exit code of the interrupted run', async () => {
    const ended = runs(`let seen = 0
for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => { if (++seen === 2) process.exit(name === 'SIGINT' ? 130 : 143) })
setInterval(() => {}, 1000)`)
    await expect.poll(calls).toHaveLength(1)
    await new Promise((resolve) => setTimeout(resolve, 500))
    stop.abort()
    signals.emit('SIGTERM', 'SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 200))
    signals.emit('SIGINT', 'SIGINT')
    expect(await ended).toBe(130)
  })

  it('says how the last run ended', async () => {
    const healthFile = join(directory, 'health')
    await runs('process.exit(5)', { healthFile })
    expect(readFileSync(healthFile, 'utf8')).toBe('failed: exit code 5\n')
    await runs(`fs.copyFileSync('${healthFile}', '${healthFile}.seen'); process.exit(5)`, { healthFile })
    expect(readFileSync(`${healthFile}.seen`, 'utf8')).toBe('waiting\n')
    await runs('process.exit(nth === 2 ? 0 : 5)', { healthFile: directory })
    expect(printed.at(-1)).toMatch(/Cannot write the health file: EISDIR/)
  })
})

describe('bandersnatch-runner', () => {
  const start = (args: string[]) => run(process.execPath, [RUNNER, ...args])

  it.each([
    [[], 'seconds'],
    [['x'], 'whole number of seconds'],
    [['-5'], '-5'],
    [['5', '6'], 'too many arguments'],
    [['5', '--hours-range', '24'], 'is not a range of hours'],
    [['5', '--force-check', 'maybe'], "'true' or 'false'"],
    [['5', '--nonsense'], '--nonsense'],
  ])('refuses %j', async (args, said) => {
    const { code, output } = await start(args)
    expect(code).toBe(2)
    expect(output).toContain(said)
  })

  it('shows its usage', async () => {
    const { code, output } = await start(['--help'])
    expect(code).toBe(0)
    for (const word of ['<seconds>', '/conf/bandersnatch.conf', '--hours-range', '--force-check', '0-23'])
      expect(output).toContain(word)
    expect((await start(['--version'])).output).toMatch(/^bandersnatch \d/)
  })

  it('runs the real program, and stops at a wrong configuration', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'runner-'))
    writeFileSync(join(directory, 'conf'), '[mirror]\nworkers = 99\ndirectory = /nonexistent\n')
    const { code, output } = await start([
      '60',
      '-c',
      join(directory, 'conf'),
      '--hours-range',
      '0-23',
      '--force-check',
      'true',
    ])
    expect(output).toMatch(/^Running bandersnatch every 60s\n/)
    expect(output).toContain('workers')
    expect(code).toBe(2)
    rmSync(directory, { recursive: true })
  })

  it('ends at once with 0 on SIGTERM between two runs', async () => {
    const hour = (new Date().getHours() + 12) % 24
    const child = spawn(process.execPath, [RUNNER, '60', '--hours-range', String(hour)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await new Promise((resolve) => child.stderr.once('data', resolve))
    child.kill('SIGTERM')
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0)
  })
})
