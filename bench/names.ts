import { createHash } from 'node:crypto'
import { normalizeName } from '../src/packaging/name.js'

const WORDS = [
  'py',
  'django',
  'flask',
  'data',
  'lib',
  'tool',
  'async',
  'http',
  'json',
  'cloud',
  'auto',
  'net',
  'test',
  'client',
  'ml',
  'graph',
  'text',
  'image',
  'simple',
  'fast',
  'open',
  'micro',
  'web',
  'api',
  'core',
  'model',
  'utils',
  'bot',
  'sql',
  'stream',
]
/** PyPI's serials stood at some 30 million in 2025. */
const FIRST_SERIAL = 10_000_000
const SERIAL_STEP = 17

/** The name of a project as its owner spells it; most are normalized, some have capitals, dots and underscores. */
function projectName(number: number): string {
  const byte = createHash('md5').update(String(number)).digest()
  const [first = 0, second = 0, how = 0] = byte
  const word = (at: number): string => WORDS[at % WORDS.length] ?? 'py'
  const separator = how < 16 ? '_' : how < 24 ? '.' : '-'
  const name = `${word(first)}${separator}${word(second)}${number.toString(36)}`
  return how >= 240 ? name.charAt(0).toUpperCase() + name.slice(1) : name
}

/** What tells one project from another. */
export interface Identity {
  readonly name: string
  readonly normalizedName: string
  readonly serial: number
}

export function identity(number: number): Identity {
  const name = projectName(number)
  return { name, normalizedName: normalizeName(name), serial: projectSerial(number) }
}

function projectSerial(number: number): number {
  return FIRST_SERIAL + number * SERIAL_STEP
}

/** The list of the first `count` projects, as PyPI sends it (PEP 691), in pieces. */
export function* projectList(count: number): Generator<string> {
  yield `{"meta":{"_last-serial":${projectSerial(count - 1)},"api-version":"1.4"},"projects":[`
  let piece: string[] = []
  for (let number = 0; number < count; number++) {
    piece.push(`{"_last-serial":${projectSerial(number)},"name":"${projectName(number)}"}`)
    if (piece.length < 10_000 && number < count - 1) continue
    yield piece.join(',') + (number < count - 1 ? ',' : '')
    piece = []
  }
  yield ']}'
}
