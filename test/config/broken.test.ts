import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import { BandersnatchError, errorText, EXIT } from '../../src/errors.js'
import { MIRROR_LINES, OTHER_TEXTS } from './broken-cases.js'
import { PLUGIN_TABLE } from '../../src/filters/index.js'

const path = join(mkdtempSync(join(tmpdir(), 'broken-')), 'bandersnatch.conf')

/** The error that loading a file with this text ends in. */
function errorOf(text: string | Buffer, env: Record<string, string> = {}): BandersnatchError {
  writeFileSync(path, text)
  try {
    loadConfig(path, { env, plugins: PLUGIN_TABLE })
  } catch (error) {
    if (error instanceof BandersnatchError) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}

function expectOneLine(error: BandersnatchError): void {
  expect(error.exitCode).toBe(EXIT.config)
  expect(error.message).not.toMatch(/[\r\n]|\bat .*:\d+:\d+/)
  expect(error.message.startsWith(path)).toBe(true)
}

describe('broken configurations end in one line', () => {
  it.each(MIRROR_LINES)('%j', (line, option, allowed) => {
    const error = errorOf(`[mirror]\ndirectory = /srv/pypi\n${line}\n`)
    expectOneLine(error)
    expect(error.message).toContain(option)
    expect(error.message).toMatch(allowed)
    expect(error.message).toMatch(/\.conf:\d+: .*\[(mirror|s3|plugins|attestations)\]/)
  })

  it.each(OTHER_TEXTS)('%s', (_, text, expected) => {
    const error = errorOf(text)
    expectOneLine(error)
    expect(error.message).toMatch(expected)
  })

  it('a directory in place of a file', () => {
    expect(() => loadConfig(tmpdir(), { env: {}, plugins: PLUGIN_TABLE })).toThrow(/cannot be read: EISDIR/)
  })
})

describe('secrets stay out of error lines', () => {
  const SECRET = 'hunter2/Zz9'
  it.each([
    `master = ftp://user:${SECRET}@host`,
    `master = https://user:${SECRET}@host/?q`,
    `master = http://${SECRET}@host`,
    `master = user:${SECRET}@host`,
    `proxy = user:${SECRET}@proxy:3128`,
    `proxy = gopher://user:${SECRET}@proxy`,
    `proxy = http://user:${SECRET}@proxy:x`,
    `proxy = http://user:%(${SECRET})s@proxy`,
    `proxy = http://user:%${SECRET}@proxy`,
    `download-mirror = //u:${SECRET}@host`,
    `workers = 3\n  aws_secret_access_key = ${SECRET}`,
    `workers =\n  aws_secret_access_key = ${SECRET}`,
    `aws_secret_access_key ${SECRET}`,
    `storage-backend = s3\n[s3]\naws_secret_access_key = %(${SECRET})s`,
    `storage-backend = s3\n[s3]\naws_secret_access_key = ${SECRET}\n  more`,
    `storage-backend = s3\n[s3]\naws_secret_access_key = %${SECRET}`,
    `storage-backend = s3\n[s3]\nendpoint_url = ftp://u:${SECRET}@host`,
    `storage-backend = s3\n[s3]\naws_secret_access_key = ${SECRET}\naws_secret_access_key = ${SECRET}`,
  ])('%j', (lines) => {
    const error = errorOf(`[mirror]\ndirectory = /srv/pypi\n${lines}\n`)
    expectOneLine(error)
    expect(error.message).not.toContain('hunter2')
    expect(errorText(error)).not.toContain('hunter2')
  })
})
