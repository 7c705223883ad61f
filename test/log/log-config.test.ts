import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseLogConfig, readLogConfig } from '../../src/log/python/config.js'
import { ConfigError } from '../../src/errors.js'
import { memoryLog } from './support.js'

/** A logging file with one handler; `sections` replaces the handler's and formatter's lines. */
function file({
  handler = 'class=StreamHandler\nargs=(sys.stdout,)',
  formatter = 'format=%(message)s',
  logger = 'handlers=h',
  root = 'handlers=',
} = {}): string {
  return [
    '[loggers]',
    'keys=root,b',
    '[handlers]',
    'keys=h',
    '[formatters]',
    'keys=f',
    '[logger_root]',
    root,
    '[logger_b]',
    'qualname=bandersnatch',
    logger,
    '[handler_h]',
    handler,
    'formatter=f',
    '[formatter_f]',
    formatter,
  ].join('\n')
}

const problemOf = (text: string): string => {
  try {
    parseLogConfig(text, 'log.conf')
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return ''
}

describe('a logging file that Python would refuse is an error of one line', () => {
  it.each([
    ['no section', 'level=INFO', 'log.conf:1: there is no [section] line before the first option'],
    [
      'no loggers',
      '[formatters]\nkeys=\n[handlers]\nkeys=',
      "log.conf: [loggers] keys must be set: this is a logging file of Python's",
    ],
    [
      'a level',
      file({ logger: 'handlers=h\nlevel=LOUD' }),
      'log.conf:12: [logger_b] level = "LOUD": must be one of NOTSET, DEBUG, INFO, WARN, WARNING, ERROR, CRITICAL, FATAL',
    ],
    [
      'a handler that is not there',
      file({ logger: 'handlers=h,x' }),
      'log.conf:11: [logger_b] handlers = "h,x": there is no handler "x" among [handlers] keys',
    ],
    [
      'args that are no Python',
      file({ handler: 'class=StreamHandler\nargs=(sys.stdout' }),
      'log.conf:14: [handler_h] args = "(sys.stdout": is not Python: there is no ) where one is needed',
    ],
    [
      'too many args',
      file({ handler: 'class=StreamHandler\nargs=(sys.stdout, 1)' }),
      'log.conf:14: [handler_h] args = "(sys.stdout, 1)": gives 2 arguments to StreamHandler, which takes 1',
    ],
    [
      'a wrong field',
      file({ formatter: 'format=%(mesage)s' }),
      'log.conf:17: [formatter_f] format = "%(mesage)s": there is no field "mesage"',
    ],
    [
      'a text as a number',
      file({ formatter: 'format=%(message)d' }),
      'log.conf:17: [formatter_f] format = "%(message)d": message is a text and no number',
    ],
    [
      'a wrong time',
      file({ handler: 'class=handlers.TimedRotatingFileHandler\nargs=("x", "Y")' }),
      'log.conf:14: [handler_h] args = "("x", "Y")": begins the file anew at "Y", which is none of S, M, H, D, midnight and W0 to W6',
    ],
  ])('%s', (_, text, problem) => {
    expect(problemOf(text)).toBe(problem)
  })

  it('a file that is not there', () => {
    expect(() => readLogConfig('/nowhere/log.conf')).toThrow(
      '/nowhere/log.conf: the log-config file cannot be read: ENOENT',
    )
  })
})

describe('what cannot be honoured is one warning that names it', () => {
  it.each([
    [
      'another class',
      { handler: 'class=systemd.journal.JournalHandler' },
      ['log.conf: [handler_h] this handler is left out: class systemd.journal.JournalHandler is not available'],
    ],
    [
      'a call',
      { handler: 'class=FileHandler\nargs=(os.path.join("a", "b"),)' },
      ['log.conf: [handler_h] this handler is left out: args holds an expression that would have to be run'],
    ],
    [
      'a formatter class',
      { formatter: 'class=pythonjsonlogger.JsonFormatter' },
      ['log.conf: [formatter_f] class pythonjsonlogger.JsonFormatter is not available: its format is used without it'],
    ],
    [
      'source positions',
      { formatter: 'format=%(message)s (%(filename)s:%(lineno)d, %(lineno)d)' },
      [
        'log.conf: [formatter_f] format: filename is a part of Python that this program has nothing for',
        'log.conf: [formatter_f] format: lineno is a part of Python that this program has nothing for',
      ],
    ],
    [
      'an encoding',
      { handler: 'class=FileHandler\nargs=("x", "a", "latin-1")' },
      ['log.conf: [handler_h] encoding "latin-1": the file is written in UTF-8'],
    ],
  ])('%s', (_, parts, warnings) => {
    expect(parseLogConfig(file(parts), 'log.conf').warnings).toEqual(warnings)
  })

  it('keeps the log on stderr when nothing of the file can be used', () => {
    const { log, written } = memoryLog()
    log.configure(parseLogConfig(file({ handler: 'class=x.Y' }), 'log.conf'))
    log.info('still here')
    expect(written.stderr).toContain('No handler of the log-config file can be used')
    expect(written.stderr).toMatch(/INFO: still here\n$/)
  })

  it('warns of a file that cannot be opened', () => {
    const { log, written } = memoryLog()
    log.configure(parseLogConfig(file({ handler: 'class=FileHandler\nargs=("/nowhere/a.log",)' }), 'log.conf'))
    expect(written.stderr).toContain('WARNING: The log handler "h" is left out: ENOENT')
  })
})

describe('handlers', () => {
  it('without the logger bandersnatch, root takes its lines', () => {
    const { log, written } = memoryLog()
    log.configure(
      parseLogConfig(file({ root: 'handlers=h\nlevel=WARNING' }).replace('keys=root,b', 'keys=root'), 'log.conf'),
    )
    log.info('no')
    log.warn('yes')
    expect(written.stdout).toBe('yes\n')
  })

  it('a watched file is opened anew when it was moved away', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'log-'))
    const path = join(directory, 'w.log')
    const { log } = memoryLog()
    log.configure(parseLogConfig(file({ handler: `class=handlers.WatchedFileHandler\nargs=("${path}",)` }), 'log.conf'))
    log.info('one')
    renameSync(path, `${path}.old`)
    log.info('two')
    writeFileSync(`${path}.new`, '')
    renameSync(`${path}.new`, path)
    log.info('three')
    await log.close()
    expect(readFileSync(`${path}.old`, 'utf8')).toBe('one\n')
    expect(readFileSync(path, 'utf8')).toBe('three\n')
  })

  it('syslog by UDP gets the priority, the line and a NUL', async () => {
    const server = createSocket('udp4').bind(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() satisfies AddressInfo
    const { log } = memoryLog()
    const handler = `class=handlers.SysLogHandler\nargs=(("127.0.0.1", ${port}), handlers.SysLogHandler.LOG_LOCAL0)`
    log.configure(
      parseLogConfig(file({ handler, formatter: 'format=bandersnatch[%(process)d]: %(message)s' }), 'log.conf'),
    )
    const received: string[] = []
    server.on('message', (message) => received.push(message.toString()))
    log.info('one')
    log.error('two')
    await log.close()
    while (received.length < 2) await once(server, 'message')
    server.close()
    expect(received).toEqual(['<134>bandersnatch[7]: one\0', '<131>bandersnatch[7]: two\0'])
  })

  it('syslog that cannot be reached is warned of once', async () => {
    const { log, written } = memoryLog()
    log.configure(
      parseLogConfig(
        file({
          root: 'handlers=',
          handler: 'class=handlers.SysLogHandler\nargs=("/nowhere/log",)',
          logger: 'handlers=h',
        }),
        'log.conf',
      ),
    )
    log.info('one')
    await log.close()
    log.info('two')
    expect(log.warnings()).toHaveLength(1)
    expect(written.stderr).toMatch(
      /^[-\d:, ]+WARNING: syslog at \/nowhere\/log cannot be reached, the log goes on without it/,
    )
  })
})

describe('docs/logging.md', () => {
  it('has an example of which everything is honoured', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../docs/logging.md'), 'utf8')
    const { warnings, level, handlers } = parseLogConfig(/```ini\n([^]*?)```/.exec(docs)?.[1] ?? '', 'docs/logging.md')
    expect(warnings).toEqual([])
    expect(level).toBe(20)
    expect(handlers.map(({ target }) => target)).toEqual([
      {
        kind: 'rotating',
        path: '/var/log/bandersnatch.log',
        append: true,
        delay: false,
        maxBytes: 10_485_760,
        backupCount: 5,
      },
    ])
  })
})
