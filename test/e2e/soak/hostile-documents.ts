import * as fc from 'fast-check'
import { sha256Of } from '../../helpers/index/digests.js'

/** The bytes at every address that hostile documents name: what gets written wherever they manage to. */
export const LOOT = Buffer.from('This must never be seen outside of the packages directory.\r\n!')
const LOOT_SHA256 = sha256Of(LOOT)

/** How a document reaches the client. */
export const MANNERS = [
  'plain',
  'bomb',
  'endless',
  'html',
  'another project',
  'deep',
  'deep releases',
  'long string',
  'dense',
  'many files',
  'cut',
  'not an object',
] as const
export type Manner = (typeof MANNERS)[number]

export interface HostileDocument {
  readonly name: string
  readonly manner: Manner
  /** what the JSON API says */
  readonly json: unknown
  /** what the project's page says */
  readonly page: unknown
}

const PROGRAM = '<script>alert(1)</script>'
const TEXTS = [
  '..',
  '.',
  '',
  '/',
  '//',
  '../',
  '../../../../../../tmp/soak-escaped',
  '/tmp/soak-escaped',
  '..\\..\\soak-escaped',
  'C:\\soak-escaped',
  '~/soak-escaped',
  '%2e%2e',
  '%2e%2e%2fsoak-escaped',
  '%252e%252e',
  '%c0%ae%c0%ae',
  '\uff0e\uff0e',
  '\u2025',
  'a\0b',
  'a\nb',
  'a\r\nSet-Cookie: b',
  '\u001b[2J',
  '\u202egpj.exe',
  PROGRAM,
  `"><img src=x onerror=alert(1)>`,
  `' onmouseover='alert(1)`,
  '--><b>',
  '</a></body><h1>',
  '&lt;&amp;',
  '<!--',
  ']]>',
  '{{7*7}}',
  '${7*7}',
  '$(id)',
  '`id`',
  '%(here)s',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'index.html',
  'index.v1_json',
  '.htaccess',
  '-rf',
  'con',
  'nul.txt',
  'a'.repeat(256),
  '\ud800',
  '\udfff\ud800',
  'é',
  'e\u0301',
  '\ufeff',
  '\u2028',
  'javascript:alert(1)',
  'data:text/html,<b>',
  'file:///etc/passwd',
  '9'.repeat(400),
]
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
)
const anything: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    61,
    2 ** 53,
    2 ** 63,
    -(2 ** 63),
    1e308,
    [],
    {},
    [[]],
    [null],
    { a: [] },
  ),
  text.map((key) => new Map([[key, PROGRAM]])),
  fc.jsonValue({ maxDepth: 3 }),
)

const SEGMENTS = [
  '..',
  '.',
  '',
  '%2e%2e',
  '%2E%2e',
  '.%2e',
  '%2f',
  '%5c',
  '\\',
  '..%2f..',
  '..%5c..',
  '%252e%252e',
  '%c0%ae%c0%ae',
  '\uff0e\uff0e',
  'packages',
  'simple',
  'web',
  '.bandersnatch',
  'generation',
  'status',
  'journal',
  'index.html',
  'soak-escaped',
  '%00',
  'a%0ab',
  '%ff',
  'C:',
  'x y',
  'é',
  '%3Cscript%3E',
  '"><script>',
  ';a=b',
  'a'.repeat(255),
  'a'.repeat(300),
  'ab',
  'cd',
]
const path = fc
  .array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 7 })
  .map((segments) => segments.join('/'))

/** `@BASE@` stands for the server. */
const url = fc.oneof(
  path.map((way) => `@BASE@/packages/${way}`),
  path.map((way) => `@BASE@/packages/aa/bb/${way}/x-1.0.tar.gz`),
  path.map((way) => `@BASE@/${way}`),
  path.map((way) => `/packages/${way}`),
  path.map((way) => `//127.0.0.1:1/packages/${way}`),
  path.map((way) => `http://127.0.0.1:1/packages/${way}?../../x#/../`),
  path.map((way) => `http://user:secret@127.0.0.1:1/packages/${way}`),
  text,
)
const goodUrl = fc.integer({ min: 0, max: 999 }).map((n) => `@BASE@/packages/ee/ff/${n}/evil-1.0.tar.gz`)

/** Mostly what it should be: a document that is wrong everywhere is refused at the first look. */
function mostly<T>(good: T, bad: fc.Arbitrary<unknown>, weight = 5): fc.Arbitrary<unknown> {
  return fc.oneof({ weight, arbitrary: fc.constant<unknown>(good) }, { weight: 1, arbitrary: bad })
}

const file = fc.record(
  {
    filename: fc.oneof(
      { weight: 2, arbitrary: fc.constant<unknown>('evil-1.0.tar.gz') },
      { weight: 2, arbitrary: text },
      { weight: 1, arbitrary: path },
      { weight: 1, arbitrary: anything },
    ),
    url: fc.oneof({ weight: 2, arbitrary: goodUrl }, { weight: 4, arbitrary: url }, { weight: 1, arbitrary: anything }),
    digests: mostly(
      { sha256: LOOT_SHA256 },
      fc.oneof(
        anything,
        text.map((hex) => ({ sha256: hex })),
        text.map((name) => new Map([[name, LOOT_SHA256]])),
      ),
    ),
    size: mostly(LOOT.length, anything, 3),
    upload_time_iso_8601: mostly(
      '2026-01-01T00:00:00.000000Z',
      fc.oneof(
        anything,
        fc.constantFrom(
          '0000-00-00T00:00:00Z',
          '+275760-09-13T00:00:00Z',
          '1969-12-31T23:59:59Z',
          '9999-12-31T23:59:60Z',
        ),
      ),
      2,
    ),
    requires_python: mostly('>=3.8', anything, 1),
    yanked: mostly(false, anything, 2),
    yanked_reason: mostly(null, anything, 1),
    packagetype: mostly('sdist', anything, 3),
    'core-metadata': mostly(
      false,
      fc.oneof(
        anything,
        fc.constant({ sha256: LOOT_SHA256 }),
        text.map((hex) => ({ sha256: hex })),
      ),
      1,
    ),
    provenance: mostly(null, fc.oneof(text, url), 1),
  },
  { requiredKeys: ['filename', 'url', 'digests'] },
)

const files = fc.oneof({ weight: 8, arbitrary: fc.array(file, { maxLength: 4 }) }, { weight: 1, arbitrary: anything })

function documentFor(name: string, serial: number): fc.Arbitrary<HostileDocument> {
  const manner = fc.oneof(
    { weight: 40, arbitrary: fc.constant<Manner>('plain') },
    { weight: 5, arbitrary: fc.constantFrom(...MANNERS) },
  )
  const info = fc.record({
    name: mostly(name, anything, 9),
    version: anything,
    summary: text,
    requires_python: anything,
    classifiers: anything,
  })
  const releases = fc.oneof(
    {
      weight: 9,
      arbitrary: fc
        .array(fc.tuple(fc.oneof(fc.constant('1.0'), fc.constant('2024'), text), files), { maxLength: 3 })
        .map((entries): unknown => new Map(entries)),
    },
    { weight: 1, arbitrary: anything },
  )
  const json = fc.record({ info: mostlyOf(info), releases, last_serial: mostly(serial, anything, 9), urls: anything })
  const page = fc.record({
    meta: mostly({ '_last-serial': serial, 'api-version': '1.4' }, anything, 9),
    name: mostly(name, anything, 9),
    files,
    'project-status': fc.oneof(
      anything,
      text.map((status) => ({ status, reason: PROGRAM })),
    ),
    'alternate-locations': fc.oneof(anything, fc.array(fc.oneof(text, url))),
    versions: anything,
  })
  return fc.record({ name: fc.constant(name), manner, json: mostlyOf(json), page: mostlyOf(page) })
}

function mostlyOf(good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: anything })
}

/** So many documents, each under a name of its own; the same for the same seed. Every third one of the first meets the next manner. */
export function hostileDocuments(count: number, seed: number, firstSerial: number): HostileDocument[] {
  return Array.from({ length: count }, (_, at) => {
    const name = `evil-${String(at).padStart(4, '0')}`
    const [document] = fc.sample(documentFor(name, firstSerial + at), { numRuns: 1, seed: seed * 100_000 + at })
    if (document === undefined) throw new Error('fast-check gave no document')
    const manner = at % 3 === 0 ? MANNERS[at / 3] : undefined
    return manner === undefined ? document : { ...document, manner }
  })
}

/** Names for the list of projects that no mirror should take. */
export const HOSTILE_NAMES: readonly unknown[] = [
  ...TEXTS,
  null,
  1,
  {},
  [],
  ['evil'],
  'Ünïcode',
  'a/../b',
  'evil\tname',
  `evil ${PROGRAM}`,
]
