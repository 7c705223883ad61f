import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readLogConfig } from '../../src/log/python/config.js'
import { writeFileSync } from 'node:fs'
import { memoryLog } from './support.js'

const texts = (stderr: string): string[] => stderr.split('\n').flatMap((line) => / ([A-Z]+: .*)/.exec(line)?.[1] ?? [])

describe('a log that keeps lines back', () => {
  it('writes other lines instead, whatever the level, and then goes on', () => {
    const { log, written } = memoryLog({ level: 'quiet' })
    log.withhold()
    log.warn('old')
    log.error('bad')
    log.info('routine')
    expect(written.stderr).toBe('')
    expect(log.withheld()).toEqual([
      { level: 'warn', text: 'old' },
      { level: 'error', text: 'bad' },
    ])
    log.tell([{ level: 'info', text: 'news' }])
    log.warn('later')
    log.info('routine')
    expect(texts(written.stderr)).toEqual(['INFO: news', 'WARNING: later'])
    expect(log.warnings()).toEqual(['old', 'later'])
  })

  it('writes what it kept back where nobody says what is new', () => {
    const { log, written } = memoryLog({ level: 'quiet', format: 'json' })
    log.withhold()
    log.warn('old')
    log.tell()
    log.tell()
    expect(written.stderr.match(/"msg":"old"/g)).toHaveLength(1)
  })

  it('keeps nothing from the files of log-config, and tells what is new on stderr', () => {
    const directory = mkdtempSync(join(tmpdir(), 'withhold-'))
    const file = join(directory, 'conf')
    writeFileSync(
      file,
      '[loggers]\nkeys=root\n[handlers]\nkeys=h\n[formatters]\nkeys=\n[logger_root]\nlevel=INFO\nhandlers=h\n' +
        `[handler_h]\nclass=FileHandler\nargs=('${directory}/log',)\n`,
    )
    const { log, written } = memoryLog({ level: 'quiet' })
    log.withhold()
    log.configure(readLogConfig(file))
    log.info('routine')
    log.warn('old')
    log.tell([{ level: 'error', text: 'news' }])
    log.tell()
    expect(readFileSync(join(directory, 'log'), 'utf8')).toBe('routine\nold\n')
    expect(texts(written.stderr)).toEqual(['ERROR: news'])
  })
})
