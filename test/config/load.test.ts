import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import { MIRROR_OPTIONS } from '../../src/config/options/mirror.js'
import type { Environment } from '../../src/config/proxy.js'
import type { Config } from '../../src/config/types.js'
import { ConfigMissingError } from '../../src/errors.js'
import { nodeDigestName } from '../../src/model/digest.js'
import { PLUGIN_TABLE } from '../../src/filters/index.js'

const temporary = mkdtempSync(join(tmpdir(), 'load-'))
const path = join(temporary, 'bandersnatch.conf')

/** Loads a file whose [mirror] section has a directory and these lines. */
function load(lines = '', env: Environment = {}): Config {
  writeFileSync(path, `[mirror]\ndirectory = /srv/pypi\n${lines}\n`)
  return loadConfig(path, { env, plugins: PLUGIN_TABLE })
}
const mirror = (lines: string, env: Environment = {}): Config['mirror'] => load(lines, env).mirror

describe('loadConfig', () => {
  it('fills in the defaults of 8.0 and its own', () => {
    const config = load()
    expect(config.mirror).toEqual({
      directory: '/srv/pypi',
      everything: false,
      storageBackend: 'filesystem',
      managePermissions: true,
      master: 'https://pypi.org',
      allowNonHttps: false,
      proxy: undefined,
      downloadMirror: undefined,
      downloadMirrorNoFallback: false,
      apiMethod: 'auto',
      metadata: 'auto',
      timeout: 10,
      globalTimeout: 1800,
      workers: 3,
      maxRequests: 'auto',
      runFor: undefined,
      bandwidthLimit: undefined,
      contact: undefined,
      verifiers: 3,
      stopOnError: false,
      json: false,
      jsonUrls: 'upstream',
      onChange: undefined,
      onFailure: undefined,
      releaseFiles: true,
      provenance: false,
      integrityUrl: undefined,
      coreMetadata: true,
      hashIndex: false,
      simpleFormat: 'ALL',
      simpleApiVersion: '1.4',
      rootUri: '',
      digestName: 'sha256',
      compareMethod: 'hash',
      keepIndexVersions: 0,
      cleanup: false,
      removedProjects: 'unlist',
      removalLimit: 1,
      withdrawAfter: 24,
      reconcileInterval: 24,
      diffFile: undefined,
      diffAppendEpoch: false,
      logConfig: undefined,
      metricsFile: undefined,
    })
    expect(config.attestations).toEqual({ check: 'off', trustedRoot: undefined, onChange: 'warn', publishers: [] })
    expect(config).toMatchObject({ path, s3: undefined, enabledPlugins: [], warnings: [] })
    expect([config, config.mirror, config.warnings, config.enabledPlugins].every(Object.isFrozen)).toBe(true)
  })

  it('tells a missing file from a broken one', () => {
    const missing = join(temporary, 'nowhere', 'bandersnatch.conf')
    expect(() => loadConfig(missing, { env: {}, plugins: PLUGIN_TABLE })).toThrow(ConfigMissingError)
  })

  it('reads numbers, booleans and names as Python does', () => {
    const lines = ['workers = 1_0', 'timeout = 7.5', 'json = ON', 'simple-format = html', 'digest_name = BLAKE2b']
    expect(mirror([...lines, 'global-timeout = 0'].join('\n'))).toMatchObject({
      workers: 10,
      timeout: 7.5,
      json: true,
      simpleFormat: 'HTML',
      digestName: 'blake2b',
      globalTimeout: 5 * 3600,
    })
  })

  it('makes paths absolute and leaves `..` alone', () => {
    expect(mirror('log-config = /etc//x/./../log.ini/').logConfig).toBe('/etc/x/../log.ini')
    expect(mirror('metrics-file = a/b').metricsFile).toBe(join(process.cwd(), 'a/b'))
  })

  it('takes slashes off the end of URLs', () => {
    expect(mirror('master = https://pypi.org//\ndownload-mirror = http://near/x/')).toMatchObject({
      master: 'https://pypi.org',
      downloadMirror: 'http://near/x',
    })
    expect(mirror('master = http://localhost:8080/\nallow-non-https = yes').master).toBe('http://localhost:8080')
    expect(mirror('root_uri = https://files.example.org/').rootUri).toBe('https://files.example.org/')
  })

  it('gives pages a host when there are no release files', () => {
    const config = load('release-files = false')
    expect(config.mirror.rootUri).toBe('https://files.pythonhosted.org')
    expect(config.warnings).toEqual([expect.stringContaining('root_uri is not set')])
    expect(load('release-files = false\nroot_uri = /files').warnings).toEqual([])
  })

  it('follows references in diff-file, or falls back with a warning', () => {
    expect(mirror('diff-file = {{mirror_directory}}/a/b').diffFile).toBe('/srv/pypi/a/b')
    expect(mirror('diff-file = {{ diffs_where }}\n[diffs]\nwhere = /d').diffFile).toBe('/d')
    expect(mirror('diff-file = {{mirror_master}}').diffFile).toBe(`${process.cwd()}/https:/pypi.org`)
    expect(mirror('diff-file = {{mirror_proxy}}').diffFile).toBeUndefined()
    const config = load('diff-file = {{nosuch_option}}/changed')
    expect(config.mirror.diffFile).toBe('/srv/pypi/mirrored-files')
    expect(config.warnings).toEqual([expect.stringMatching(/:3: \[mirror\] diff-file = ".*cannot be found/)])
  })

  it('lets [DEFAULT] set what has no default in 8.0, and nothing else', () => {
    const shared = mirror('[DEFAULT]\nworkers = 7\nkeep_index_versions = 2')
    expect(shared).toMatchObject({ workers: 3, keepIndexVersions: 2 })
    expect(mirror('proxy = %(host)s:1\n[DEFAULT]\nhost = http://h').proxy).toBe('http://h:1')
  })

  it('reads [s3] only when the mirror is kept there', () => {
    const s3 = '[s3]\nendpoint_url = http://minio:9000/\naws_secret_access_key = a/b+c\nconfig_param_ACL = private\n'
    expect(load(`${s3}max_attempts = x`).s3).toBeUndefined()
    expect(load(`storage-backend = s3\n${s3}`).s3).toEqual({
      regionName: undefined,
      accessKeyId: undefined,
      secretAccessKey: 'a/b+c',
      endpointUrl: 'http://minio:9000',
      signatureVersion: undefined,
      configParams: new Map([['ACL', 'private']]),
      verifyConcurrency: 50,
      maxAttempts: 10,
      lockExpiry: 120,
      timedLock: false,
      cacheControlPackages: undefined,
      cacheControlPages: undefined,
    })
    expect(load('storage-backend = s3').s3).toMatchObject({ maxAttempts: 10 })
  })

  it('splits enabled by lines', () => {
    expect(load('[plugins]\nenabled =\n  a\n\n  b b\n  # c').enabledPlugins).toEqual(['a', 'b b'])
    expect(load('[plugins]\nenabled =\n  a\n  all').enabledPlugins).toEqual(['a', 'all'])
  })

  it('offers only digests that can be computed', () => {
    expect(MIRROR_OPTIONS.digest_name.choices.filter((name) => nodeDigestName(name) === undefined)).toEqual([])
  })
})

describe('the proxy', () => {
  const both = { https_proxy: 'http://lower', HTTPS_PROXY: 'http://upper' }
  it.each<[string, string, Environment, string | undefined]>([
    ['the option wins', 'proxy = socks5://option/', both, 'socks5://option'],
    ['lower case wins', '', both, 'http://lower'],
    ['an empty lower-case variable takes its twin away', '', { ...both, https_proxy: '' }, undefined],
    ['any case counts', '', { Http_Proxy: 'http://mixed' }, 'http://mixed'],
    ['socks comes before https', '', { ...both, http_proxy: 'http://h', SOCKS_PROXY: 'socks5://s' }, 'socks5://s'],
    ['all is the last', '', { ALL_PROXY: 'socks4://a', no_proxy: '*', ftp_proxy: 'http://f' }, 'socks4://a'],
    ['not HTTP_PROXY in a CGI script', '', { REQUEST_METHOD: 'GET', HTTP_PROXY: 'http://evil' }, undefined],
    ['but http_proxy there', '', { REQUEST_METHOD: 'GET', http_proxy: 'http://good' }, 'http://good'],
  ])('%s', (_, lines, env, expected) => {
    expect(load(lines, env)).toMatchObject({ mirror: { proxy: expected }, warnings: [] })
  })

  it('is none, with a warning, when the environment has no proxy URL', () => {
    const config = load('', { https_proxy: 'me:hunter2@proxy:3128' })
    expect(config.mirror.proxy).toBeUndefined()
    expect(config.warnings).toEqual(['no proxy is used: HTTPS_PROXY is "***@proxy:3128", which is not a proxy URL'])
  })
})

describe('warnings', () => {
  it.each([
    ['worker = 3', /:3: \[mirror\] worker is not a known option; did you mean workers\?/],
    ['Json = true', /did you mean json\?/],
    ['root-uri = /x', /did you mean root_uri\?/],
    ['keep-index-version = 2', /did you mean keep_index_versions\?/],
    ['something-else = 2', /something-else is not a known option$/],
    ['__proto__ = 2', /__proto__ is not a known option$/],
    ['constructor = 2', /constructor is not a known option$/],
    ['[plugin]\nenabled = all', /section \[plugin\] is not a known section; did you mean plugins\?/],
    ['[toString]', /section \[toString\] is not a known section$/],
    ['keep-index-versions = 2', /:3: .*keep-index-versions has no effect: .*spelled keep_index_versions/],
    ['delete-packages = true', /delete-packages has no effect: use removed-projects = delete/],
    ['[swift]\ndefault_container = x', /\[swift\] has no effect: .*s3 takes its place/],
    ['[statistics]\naccess-log-pattern = /var/log/*', /\[statistics\] has no effect/],
    [
      '[allowlist]\nplatforms = x',
      /\[allowlist\] platforms is not a known option; did you mean \[blocklist\] platforms\?/,
    ],
    [
      'log-config = /etc/log.conf ; ours',
      /:3: \[mirror\] log-config: all of the line is the value; a comment needs its own/,
    ],
    ['root_uri = https://example.org # ours', /:3: \[mirror\] root_uri: .*; a comment needs its own line$/],
    [
      'master = https://pypi.python.org',
      /:3: \[mirror\] master = "https:\/\/pypi\.python\.org": has moved: set master = https:\/\/pypi\.org$/,
    ],
    ['master = https://testpypi.python.org/', /has moved: set master = https:\/\/test\.pypi\.org$/],
    ['compare-mirrors = x', /compare-mirrors is not a known option; did you mean compare-method\?/],
    ['[filter_packages]\npackages = x', /section \[filter_packages\] is not a known section; did you mean filter_/],
  ])('one for %j', (lines, expected) => {
    const {
      warnings,
      mirror: { workers, keepIndexVersions },
    } = load(lines)
    expect(warnings).toEqual([expect.stringMatching(expected)])
    expect([workers, keepIndexVersions]).toEqual([3, 0])
  })

  it.each([
    'base = /data\nmetrics-file = %(base)s/x',
    'diff-file = {{mirror_base}}/x\nbase = /data',
    '[DEFAULT]\nbase = /data',
    '[plugins]\nenabled = regex_project_metadata\n[regex_project_metadata]\nnot-null:info.classifiers = x\n[s3]\nconfig_param_Any = x',
    '[loggers]\nkeys = root\n[logger_root]\nlevel = INFO',
    '[plugins]\nenabled = ./ours.js\n[ours]\nx = 1',
  ])('none for %j', (lines) => {
    expect(load(lines).warnings).toEqual([])
  })
})
