import type { MirrorOptionSpec } from '../option-spec.js'

/** Names of digests as Python's hashlib spells them. */
const DIGESTS = [
  'sha256',
  'md5',
  'sha1',
  'sha224',
  'sha384',
  'sha512',
  'sha512_224',
  'sha512_256',
  'sha3_224',
  'sha3_256',
  'sha3_384',
  'sha3_512',
  'blake2b',
  'blake2s',
  'ripemd160',
  'sm3',
  'md5-sha1',
] as const

/** [mirror]: what the mirror holds and serves of a project. */
export const CONTENT_OPTIONS = {
  json: {
    type: 'boolean',
    default: 'false',
    shapes: 'documents',
    doc: "Keep each project's JSON metadata; `verify` needs it.",
  },
  'json-urls': {
    type: 'choice',
    choices: ['upstream', 'mirror'],
    default: 'upstream',
    added: true,
    shapes: 'documents',
    later: true,
    doc: "Where the file URLs of `/pypi/NAME/json` lead: to upstream's files, as in 8.0, or to the mirror's, below `root_uri`.",
  },
  'release-files': { type: 'boolean', default: 'true', shapes: 'files', doc: 'Mirror release files, not only pages.' },
  'core-metadata': {
    type: 'boolean',
    default: 'true',
    shapes: 'files',
    doc: 'Mirror the core metadata files beside release files (PEP 658) and name them in the pages.',
  },
  provenance: {
    type: 'boolean',
    default: 'false',
    added: true,
    shapes: 'files',
    later: true,
    doc: 'Mirror the provenance of release files (PEP 740) and name it in the pages, below `integrity-url`.',
  },
  'integrity-url': {
    type: 'url',
    schemes: ['https'],
    default: '',
    added: true,
    shapes: 'pages',
    later: true,
    doc: 'URL of the mirror as clients reach it, for `provenance = true`: PEP 740 wants absolute https links.',
  },
  'hash-index': {
    type: 'boolean',
    default: 'false',
    shapes: 'pages',
    doc: 'Put project pages below a directory of their first letter; the web server must translate URLs.',
  },
  'simple-format': {
    type: 'choice',
    choices: ['ALL', 'HTML', 'JSON'],
    foldCase: 'upper',
    default: 'ALL',
    shapes: 'pages',
    doc: 'Formats of the Simple API pages.',
  },
  'simple-api-version': {
    type: 'choice',
    choices: ['1.4', '1.1'],
    default: '1.4',
    added: true,
    shapes: 'pages',
    doc: 'Version of the Simple API that the pages announce and have the fields of; 8.0 writes 1.1.',
  },
  root_uri: {
    type: 'text',
    default: '',
    shapes: 'pages',
    doc:
      'Prefix of file URLs in the pages; if empty they are relative, or with `release-files = false` ' +
      'begin with https://files.pythonhosted.org.',
  },
  digest_name: {
    type: 'choice',
    choices: DIGESTS,
    foldCase: 'lower',
    default: 'sha256',
    shapes: 'pages',
    doc: 'Digest that pages give for a file; where upstream has none of this name, the strongest that it has.',
  },
  keep_index_versions: {
    type: 'integer',
    min: 0,
    fallback: '0',
    shapes: 'pages',
    doc: 'How many earlier versions of each page to keep; 0 for none.',
  },
} as const satisfies Readonly<Record<string, MirrorOptionSpec>>
