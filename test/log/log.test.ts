import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createDescriptorWriter } from '../../src/log/descriptor.js'
import { memoryLog } from './support.js'

const stamp = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} /

describe('the log', () => {
  it("has bandersnatch 8.0's lines in a pipe", () => {
    const { log, written } = memoryLog()
    log.debug('not shown')
    log.info('Syncing with https://pypi.org.')
    log.warn('odd')
    log.error('bad')
    const lines = written.stderr.trimEnd().split('\n')
    expect(lines.every((line) => stamp.test(line))).toBe(true)
    expect(lines.map((line) => line.replace(stamp, ''))).toEqual([
      'INFO: Syncing with https://pypi.org.',
      'WARNING: odd',
      'ERROR: bad',
    ])
  })

  it('is short and coloured on a terminal, without colours where they are not wanted', () => {
    const plain = memoryLog({ terminal: true })
    const coloured = memoryLog({ terminal: true, coloured: true })
    for (const { log } of [plain, coloured]) {
      log.info('one')
      log.warn('two')
      log.error('three')
    }
    expect(plain.written.stderr).toMatch(
      /^\d\d:\d\d:\d\d one\n\d\d:\d\d:\d\d warning: two\n\d\d:\d\d:\d\d error: three\n$/,
    )
    expect(coloured.written.stderr).toContain('\u001b[33mwarning: two\u001b[0m\n')
    expect(coloured.written.stderr).toContain('\u001b[31merror: three\u001b[0m\n')
  })

  it('is one JSON object a line with --log-format json', () => {
    const { log, written } = memoryLog({ format: 'json', terminal: true, coloured: true })
    log.warn('a "b"\n\u001b[31m\u0085\u202e')
    expect(written.stderr).toMatch(/^\{[\x20-\x7e]+\}\n$/)
    expect(JSON.parse(written.stderr)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      msg: 'a "b"\n\u001b[31m\u0085\u202e',
    })
  })

  it.each([
    ['quiet', 2],
    ['info', 3],
    ['verbose', 4],
    ['debug', 4],
  ] as const)('%s shows %i of four levels', (level, count) => {
    for (const format of ['text', 'json'] as const) {
      const { log, written } = memoryLog({ level, format })
      log.debug('x')
      log.info('x')
      log.warn('x')
      log.error('x')
      expect(written.stderr.trimEnd().split('\n')).toHaveLength(count)
    }
  })

  it('shows control characters and marks that turn the direction of reading', () => {
    const { log, written } = memoryLog()
    log.info('a\nb\r\u001b[2J\u0000\u007f\u009b1m\u2028\u202egpj\ud800\ttab é 漢 😀')
    expect(written.stderr.replace(stamp, '')).toBe(
      'INFO: a\\x0ab\\x0d\\x1b[2J\\x00\\x7f\\x9b1m\\u2028\\u202egpj\\ud800\ttab é 漢 😀\n',
    )
  })

  it('counts warnings and keeps the first hundred', () => {
    const { log } = memoryLog()
    for (let i = 0; i < 300; i++) log.warn(`odd ${i % 150}`)
    expect(log.warningCount()).toBe(300)
    expect(log.warnings()).toHaveLength(100)
    expect(log.warnings()[0]).toBe('odd 0')
  })
})

describe('writing to a descriptor', () => {
  const fifo = (): string => {
    const path = join(mkdtempSync(join(tmpdir(), 'fifo-')), 'pipe')
    execFileSync('mkfifo', [path])
    return path
  }
  const drain = (fd: number): string => {
    let text = ''
    const buffer = Buffer.alloc(1 << 17)
    for (;;) {
      try {
        const count = readSync(fd, buffer)
        if (count === 0) return text
        text += buffer.toString('utf8', 0, count)
      } catch {
        return text
      }
    }
  }

  it('waits for a reader that is slow, and loses nothing', async () => {
    const path = fifo()
    const out = `${path}.out`
    const holder = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    const reader = spawn('sh', ['-c', `sleep 0.4; cat < ${path} > ${out}`])
    const writer = createDescriptorWriter(fd)
    for (let i = 0; i < 3000; i++) writer.write(`${'x'.repeat(95)} ${String(i).padStart(4, '0')}\n`)
    closeSync(fd)
    closeSync(holder)
    await once(reader, 'close')
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
    expect(lines).toHaveLength(3000)
    expect(lines.every((line, i) => line === `${'x'.repeat(95)} ${String(i).padStart(4, '0')}`)).toBe(true)
  })

  it('drops whole lines where nobody reads, says how many, and goes on', () => {
    const path = fifo()
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    const writer = createDescriptorWriter(fd, { lost: (count) => `(${count} lost)\n`, patienceMs: 100 })
    for (let i = 0; i < 2000; i++) writer.write(`${'y'.repeat(95)} ${String(i).padStart(4, '0')}\n`)
    const first = drain(reader)
    writer.write('after\n')
    const lines = (first + drain(reader)).trimEnd().split('\n')
    const [note] = lines.filter((line) => line.startsWith('('))
    const lost = Number(/\d+/.exec(note ?? '')?.[0])
    expect(lost).toBeGreaterThan(500)
    expect(lines.slice(-1)).toEqual(['after'])
    expect(lines.length - 2 + lost).toBe(2000)
    expect(lines.slice(0, -2).every((line, i) => line === `${'y'.repeat(95)} ${String(i).padStart(4, '0')}`)).toBe(true)
  })

  it('is not ended by a reader that went away', () => {
    const path = fifo()
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    const writer = createDescriptorWriter(fd)
    writer.write('one\n')
    closeSync(reader)
    writer.write('two\n')
    writer.write('three\n')
    createDescriptorWriter(12_345).write('no such descriptor\n')
  })
})
