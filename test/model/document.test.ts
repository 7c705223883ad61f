import { describe, expect, it } from 'vitest'
import { InvalidDocumentError } from '../../src/errors.js'
import { documentKeys, documentWithPage, parseDocument } from '../../src/model/document.js'
import { parseJsonObject } from '../../src/model/json.js'
import type { JsonObject } from '../../src/model/project.js'

const SHA256 = 'ab'.repeat(32)
const file = (filename: string, fields: JsonObject = {}): JsonObject => ({
  filename,
  url: `https://files.example/packages/aa/${filename}`,
  digests: { sha256: SHA256 },
  ...fields,
})

function parse(text: string): ReturnType<typeof parseDocument> {
  const json = parseJsonObject(Buffer.from(text))
  if (json === undefined) throw new Error('not an object')
  return parseDocument(json, text, 'foo')
}

describe('parseDocument', () => {
  it('keeps the order of releases that look like array indexes', () => {
    const parsed = parse('{"info": {"name": "foo"}, "last_serial": 1, "releases": {"10": [], "2": [], "1.0": []}}')
    if (parsed.kind !== 'complete') throw new Error(parsed.kind)
    expect(parsed.project.releases.map(({ version }) => version)).toEqual(['10', '2', '1.0'])
  })

  it.each(['', ', "releases": null'])('a document without releases is told apart: %j', (releases) => {
    const text = `{"info": {"name": "foo"}, "last_serial": 1${releases}}`
    expect(parse(text)).toMatchObject({ kind: 'without-releases', document: { last_serial: 1 } })
  })

  it('a document with no release is complete', () => {
    expect(parse('{"info": {"name": "foo"}, "last_serial": 1, "releases": {}}')).toMatchObject({
      kind: 'complete',
      project: { releases: [] },
    })
  })

  it.each(['{"last_serial": 1}', '{"info": {"name": "bar"}, "last_serial": 1}', '{"info": {"name": "foo"}}'])(
    'what is not the metadata of the project is refused without releases too: %s',
    (text) => {
      expect(() => parse(text)).toThrow(InvalidDocumentError)
    },
  )
})

describe('documentWithPage', () => {
  it('takes the files from the page and everything else from the document', () => {
    const document = { info: { name: 'foo', license: 'MIT' }, last_serial: 9 }
    const page = {
      versions: ['2.0', '1.0'],
      files: [
        { filename: 'foo-1.0.zip', url: 'https://files.example/packages/aa/foo-1.0.zip', hashes: { sha256: SHA256 } },
        { filename: 'foo-2.0.zip', url: 'https://elsewhere.example/foo-2.0.zip', hashes: { sha256: SHA256 } },
      ],
      meta: { '_last-serial': 3 },
    }
    const { project, refused } = documentWithPage(document, page, 'foo')
    expect(refused).toEqual([])
    expect(project).toMatchObject({ lastSerial: 9, info: { license: 'MIT' } })
    expect(project.releases.map(({ version, files }) => [version, files.map(({ path }) => path)])).toEqual([
      ['2.0', [`/packages/ab/ab/${'ab'.repeat(30)}/foo-2.0.zip`]],
      ['1.0', ['/packages/aa/foo-1.0.zip']],
    ])
  })
})

describe('documentKeys', () => {
  it('are those of all files and of their core metadata', () => {
    const releases = { '1.0': [file('a.whl', { 'core-metadata': { sha256: SHA256 } }), file('a.zip')] }
    const parsed = parse(JSON.stringify({ info: { name: 'foo' }, last_serial: 1, releases }))
    if (parsed.kind !== 'complete') throw new Error(parsed.kind)
    expect(documentKeys(parsed.project, 'sha256')).toEqual([
      'web/packages/aa/a.whl',
      'web/packages/aa/a.whl.metadata',
      'web/packages/aa/a.zip',
    ])
  })
})

describe('parseJsonObject', () => {
  it.each(['', '[]', '3', 'null', '{"a": 1', '"x"'])('%j is not an object', (text) => {
    expect(parseJsonObject(Buffer.from(text))).toBeUndefined()
  })
})
