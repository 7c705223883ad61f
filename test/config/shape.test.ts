import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.js'
import { shapeOf } from '../../src/config/shape.js'

const path = join(mkdtempSync(join(tmpdir(), 'shape-')), 'bandersnatch.conf')

function shape(lines: string): Readonly<Record<string, string>> {
  writeFileSync(path, `[mirror]\ndirectory = /srv/pypi\n${lines}\n`)
  return shapeOf(loadConfig(path, { env: {}, plugins: {} }).mirror)
}

it('is the canonical text of every option that shapes what is served of a project', () => {
  expect(shape('')).toEqual({
    metadata: 'auto',
    json: 'false',
    'release-files': 'true',
    'core-metadata': 'true',
    'hash-index': 'false',
    'simple-format': 'ALL',
    'simple-api-version': '1.4',
    root_uri: '',
    digest_name: 'sha256',
    keep_index_versions: '0',
  })
})

it('does not follow the spelling of a value', () => {
  expect(shape('json = no\nsimple-format = all\ndigest_name = SHA256\nkeep_index_versions = 0_0')).toEqual(shape(''))
})

it('follows every shaping option, and the root_uri that release-files = false implies', () => {
  const whole = shape('')
  expect(shape('release-files = false')).toEqual({
    ...whole,
    'release-files': 'false',
    root_uri: 'https://files.pythonhosted.org',
  })
  expect(shape('json = on\nhash-index = 1\nkeep_index_versions = 2')).toEqual({
    ...whole,
    json: 'true',
    'hash-index': 'true',
    keep_index_versions: '2',
  })
})

it('does not follow options that shape nothing', () => {
  expect(shape('workers = 9\ntimeout = 1\ndownload-mirror = https://near.example')).toEqual(shape(''))
})
