import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import { BandersnatchError, errorText, EXIT } from '../../src/errors.js'

const path = join(mkdtempSync(join(tmpdir(), 'broken-')), 'bandersnatch.conf')

/** The error that loading a file with this text ends in. */
function errorOf(text: string | Buffer, env: Record<string, string> = {}): BandersnatchError {
  writeFileSync(path, text)
  try {
    loadConfig(path, { env })
  } catch (error) {
    if (error instanceof BandersnatchError) return error
    throw error
  }
  throw new Error('the configuration was accepted')
}

/** Lines that make a good [mirror] section bad, the option (or text) that the error must name, what is allowed. */
const MIRROR: readonly [line: string, option: string, allowed: RegExp][] = [
  ['workers = 0', 'workers', /whole number from 1 to 10/],
  ['workers = 11', 'workers', /1 to 10/],
  ['workers = -3', 'workers', /1 to 10/],
  ['workers = three', 'workers', /whole number/],
  ['workers = 3.5', 'workers', /whole number/],
  ['workers =', 'workers', /whole number/],
  ['workers = 3 # not too many', 'workers', /whole number/],
  ['workers = 3\n  4', 'workers', /whole number/],
  ['verifiers = 0', 'verifiers', /1 or more/],
  ['verifiers = many', 'verifiers', /1 or more/],
  ['timeout = soon', 'timeout', /number, 0 or more/],
  ['timeout = -1', 'timeout', /0 or more/],
  ['timeout = inf', 'timeout', /0 or more/],
  ['timeout = 10s', 'timeout', /number/],
  ['global-timeout = nan', 'global-timeout', /number/],
  ['global-timeout = -5', 'global-timeout', /0 or more/],
  ['global-timeout =', 'global-timeout', /number/],
  ['keep_index_versions = -1', 'keep_index_versions', /0 or more/],
  ['keep_index_versions = two', 'keep_index_versions', /whole number/],
  ['json = maybe', 'json', /true or false/],
  ['json =', 'json', /true or false/],
  ['json = yess', 'json', /true or false/],
  ['release-files = 2', 'release-files', /true or false/],
  ['core-metadata = ja', 'core-metadata', /true or false/],
  ['hash-index = "true"', 'hash-index', /true or false/],
  ['cleanup = tru', 'cleanup', /true or false/],
  ['stop-on-error = none', 'stop-on-error', /true or false/],
  ['allow-non-https = sometimes', 'allow-non-https', /true or false/],
  ['diff-append-epoch = now', 'diff-append-epoch', /true or false/],
  ['storage-filesystem-manage-permissions = 0644', 'storage-filesystem-manage-permissions', /true or false/],
  ['download-mirror-no-fallback = x', 'download-mirror-no-fallback', /true or false/],
  ['simple-format = XML', 'simple-format', /ALL, HTML, JSON/],
  ['simple-format =', 'simple-format', /ALL, HTML, JSON/],
  ['compare-method = size', 'compare-method', /hash, stat/],
  ['compare-method = HASH', 'compare-method', /hash, stat/],
  ['digest_name = sha257', 'digest_name', /sha256/],
  ['digest_name = blake2b_256', 'digest_name', /blake2b/],
  ['storage-backend = swift', 'storage-backend', /filesystem, s3/],
  ['storage-backend =', 'storage-backend', /filesystem, s3/],
  ['api-method = json', 'api-method', /auto, simple, xmlrpc/],
  ['metadata = html', 'metadata', /auto, json, simple/],
  ['removed-projects = true', 'removed-projects', /unlist, delete, keep/],
  ['removal-limit = 101', 'removal-limit', /0 to 100/],
  ['removal-limit = 1%%', 'removal-limit', /number/],
  ['reconcile-interval = daily', 'reconcile-interval', /0 or more/],
  ['simple-api-version = 2.0', 'simple-api-version', /1\.4, 1\.1/],
  ['master =', 'master', /URL/],
  ['master = pypi.org', 'master', /https:\/\//],
  ['master = http://pypi.org', 'master', /allow-non-https/],
  ['master = HTTP://pypi.org', 'master', /allow-non-https/],
  ['master = ftp://pypi.org', 'master', /https:\/\//],
  ['master = https:///simple', 'master', /URL/],
  ['master = https://pypi.org:99999', 'master', /URL/],
  ['master = https://pypi.org/simple?x=1', 'master', /without "\?"/],
  ['master = https://py pi.org', 'master', /URL/],
  ['master = https://pypi.org\n  https://test.pypi.org', 'master', /one line/],
  ['proxy = proxy.example.com:3128', 'proxy', /http:\/\//],
  ['proxy = gopher://proxy', 'proxy', /socks5:\/\//],
  ['download-mirror = /srv/mirror', 'download-mirror', /https:\/\//],
  ['log-config = a\n  b', 'log-config', /one line/],
  ['diff-file = %(nowhere)s/diff', 'diff-file', /"nowhere"/],
  ['diff-file = {{mirror_aa}}/x\naa = %(bb)s\nbb = %(aa)s', 'aa', /refers to itself/],
  ['root_uri = https://example.com/100%', 'root_uri', /%%/],
  ['root_uri = %(root_uri)s', 'root_uri', /refers to itself/],
  ['json = true\njson = false', 'json', /already set on line 3/],
  ['workers 3', '[mirror]', /neither "option = value"/],
  ['= 3', '[mirror]', /no option name/],
  ['[mirror]\njson = true', '[mirror]', /already began on line 1/],
  ['storage-backend = s3\ndirectory_ = x\n[s3]\nmax_attempts = x', 'max_attempts', /0 or more/],
  ['storage-backend = s3\n[s3]\nverify_concurrency = 0', 'verify_concurrency', /1 or more/],
  ['storage-backend = s3\n[s3]\nendpoint_url = minio:9000', 'endpoint_url', /http:\/\//],
  ['storage-backend = s3\n[s3]\nregion_name = %x', 'region_name', /%%/],
  ['[plugins]\nenabled = %(all)s', 'enabled', /"all"/],
]

const OTHERS: readonly [name: string, text: string | Buffer, expected: RegExp][] = [
  ['an empty file', '', /\[mirror\] directory: must be set/],
  ['no directory', '[mirror]\nmaster = https://pypi.org\n', /\[mirror\] directory: must be set/],
  ['an empty directory', '[mirror]\ndirectory =\n', /\[mirror\] directory = "": must be set/],
  ['a misspelled directory', '[mirror]\ndirectroy = /srv\n', /directory: must be set .*\(there is directroy\)/],
  ['a directory of two lines', '[mirror]\ndirectory = /srv\n  /pypi\n', /directory = "\/srv…": must be one line/],
  ['a bucket that is no path', '[mirror]\ndirectory = b\nstorage-backend = s3\n', /directory = "b": must be \/bucket/],
  ['options before a section', 'directory = /srv\n', /:1: there is no \[section\]/],
  ['an unfinished section line', '[mirror\ndirectory = /srv\n', /:1: there is no \[section\]/],
  ['text that is not UTF-8', Buffer.from([0x5b, 0xff, 0x5d]), /is not UTF-8/],
]

function expectOneLine(error: BandersnatchError): void {
  expect(error.exitCode).toBe(EXIT.config)
  expect(error.message).not.toMatch(/[\r\n]|\bat .*:\d+:\d+/)
  expect(error.message.startsWith(path)).toBe(true)
}

describe('broken configurations end in one line', () => {
  it.each(MIRROR)('%j', (line, option, allowed) => {
    const error = errorOf(`[mirror]\ndirectory = /srv/pypi\n${line}\n`)
    expectOneLine(error)
    expect(error.message).toContain(option)
    expect(error.message).toMatch(allowed)
    expect(error.message).toMatch(/\.conf:\d+: .*\[(mirror|s3|plugins)\]/)
  })

  it.each(OTHERS)('%s', (_, text, expected) => {
    const error = errorOf(text)
    expectOneLine(error)
    expect(error.message).toMatch(expected)
  })

  it('a directory in place of a file', () => {
    expect(() => loadConfig(tmpdir(), { env: {} })).toThrow(/cannot be read: EISDIR/)
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
