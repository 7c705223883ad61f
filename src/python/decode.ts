/** Bytes that are no text in the encoding they claim; the message names the encoding. */
export class UndecodableError extends Error {
  override readonly name = 'UndecodableError'
}

type Decoder = (bytes: Buffer) => string

/** As Python's codecs: a stray byte is an error, a byte order mark a character. */
function web(label: string): Decoder {
  return (bytes) => new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes)
}
const utf8 = web('utf-8')
const utf16le = web('utf-16le')
const utf16be = web('utf-16be')

function ascii(bytes: Buffer): string {
  if (bytes.some((byte) => byte > 0x7f)) throw new RangeError('not ASCII')
  return bytes.toString('latin1')
}

function utf32(bytes: Buffer, read: (at: number) => number): string {
  if (bytes.length % 4 !== 0) throw new RangeError('cut off')
  let text = ''
  for (let at = 0; at < bytes.length; at += 4) {
    const point = read(at)
    if (point >= 0xd800 && point <= 0xdfff) throw new RangeError('surrogate')
    text += String.fromCodePoint(point)
  }
  return text
}
const utf32le: Decoder = (bytes) => utf32(bytes, (at) => bytes.readUInt32LE(at))
const utf32be: Decoder = (bytes) => utf32(bytes, (at) => bytes.readUInt32BE(at))

/** `utf-16` and `utf-32` proper: a byte order mark decides, little-endian without one. */
function marked(little: Decoder, big: Decoder, width: 2 | 4): Decoder {
  const littleMark = Buffer.from([0xff, 0xfe, 0, 0]).subarray(0, width)
  const bigMark = Buffer.from([0, 0, 0xfe, 0xff]).subarray(4 - width)
  return (bytes) => {
    if (bytes.subarray(0, width).equals(bigMark)) return big(bytes.subarray(width))
    return little(bytes.subarray(0, width).equals(littleMark) ? bytes.subarray(width) : bytes)
  }
}

// In 8.0's order: the mark of UTF-32 LE begins with that of UTF-16, so such a file is read as UTF-16 (and refused).
const MARKS: readonly (readonly [mark: readonly number[], encoding: string, decode: Decoder])[] = [
  [[0xef, 0xbb, 0xbf], 'utf-8', utf8],
  [[0xff, 0xfe], 'utf-16', marked(utf16le, utf16be, 2)],
  [[0xfe, 0xff], 'utf-16-be', utf16be],
  [[0, 0, 0xfe, 0xff], 'utf-32-be', utf32be],
]

const NAMED: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ...['utf-8', 'utf8', 'u8', 'utf', 'cp65001'].map((name) => [name, utf8] as const),
  ['utf-8-sig', (bytes) => utf8(bytes).replace(/^\ufeff/, '')],
  ...['ascii', 'us-ascii', '646', 'ansi-x3.4-1968'].map((name) => [name, ascii] as const),
  ...['latin-1', 'latin1', 'latin', 'l1', 'iso-8859-1', 'iso8859-1', '8859', 'cp819'].map(
    (name) => [name, (bytes: Buffer) => bytes.toString('latin1')] as const,
  ),
  ...['utf-16', 'utf16', 'u16'].map((name) => [name, marked(utf16le, utf16be, 2)] as const),
  ...['utf-16-le', 'utf-16le'].map((name) => [name, utf16le] as const),
  ...['utf-16-be', 'utf-16be'].map((name) => [name, utf16be] as const),
  ...['utf-32', 'utf32', 'u32'].map((name) => [name, marked(utf32le, utf32be, 4)] as const),
  ...['utf-32-le', 'utf-32le'].map((name) => [name, utf32le] as const),
  ...['utf-32-be', 'utf-32be'].map((name) => [name, utf32be] as const),
])

/** Encodings that the platform's TextDecoder and Python name alike. */
const SHARED = /^(?:(?:cp|windows-)125[0-8]|iso-?8859-(?:[2-9]|1[03456])|koi8-[ru]|big5|euc-(?:jp|kr)|gbk|gb18030)$/

function decoderNamed(encoding: string): Decoder {
  const name = encoding.toLowerCase().replaceAll('_', '-')
  const decoder = NAMED.get(name)
  if (decoder) return decoder
  if (!SHARED.test(name)) throw new UndecodableError(`the encoding ${JSON.stringify(encoding)} is not known`)
  return web(name)
}

function decoded(bytes: Buffer, encoding: string, decode: Decoder): string {
  try {
    return decode(bytes)
  } catch (error) {
    throw new UndecodableError(`not ${encoding} text`, { cause: error })
  }
}

/** The encoding that a comment in the first two lines declares (PEP 263). */
function declaredEncoding(bytes: Buffer): string | undefined {
  for (const line of bytes.toString('latin1').split('\n', 2)) {
    const declared = line.startsWith('#') && /coding[:=][\t-\r ]*([-\w.]+)/.exec(line)?.[1]
    if (declared) return declared
  }
  return undefined
}

/**
 * The text of a requirements file: by byte order mark, else by declared encoding, else UTF-8.
 * @throws UndecodableError
 */
export function decodeRequirements(bytes: Buffer): string {
  for (const [mark, encoding, decode] of MARKS) {
    if (bytes.subarray(0, mark.length).equals(Buffer.from(mark))) {
      return decoded(bytes.subarray(mark.length), encoding, decode)
    }
  }
  const encoding = declaredEncoding(bytes) ?? 'utf-8'
  return decoded(bytes, encoding, decoderNamed(encoding))
}

/** The text as UTF-8, a byte order mark being a character of it. @throws UndecodableError */
export function decodeUtf8(bytes: Buffer): string {
  return decoded(bytes, 'utf-8', utf8)
}
