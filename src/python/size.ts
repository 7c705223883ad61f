import { strip } from './text.js'

/** First letters of the units, from byte to yottabyte: each is 1024 times the one before, be it KB or KiB. */
const UNIT_LETTERS = 'bkmgtpezy'
/** An integer that Python refuses to read, for its length. */
const TOO_LONG = /^[0-9]{4301,}$/

const NUMBER = /(\p{Nd}+(?:\.\p{Nd}+)?)/u
/**
 * Characters that Python takes for digits and then cannot read as a number: superscripts and their like,
 * with Unicode's Numeric_Type=Digit.
 */
const UNREADABLE = new RegExp(
  '^[\\xb2\\xb3\\xb9\\u1369-\\u1371\\u19da\\u2070\\u2074-\\u2079\\u2080-\\u2089\\u2460-\\u2468' +
    '\\u2474-\\u247c\\u2488-\\u2490\\u24ea\\u24f5-\\u24fd\\u24ff\\u2776-\\u277e\\u2780-\\u2788\\u278a-\\u2792' +
    '\\u{10a40}-\\u{10a43}\\u{10e60}-\\u{10e68}\\u{11052}-\\u{1105a}\\u{1f100}-\\u{1f10a}]+$',
  'u',
)

/** ASCII digits for those of any script: in every script they stand in rows from 0 to 9. */
function asciiDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    const point = digit.codePointAt(0) ?? 0
    let first = point
    while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--
    return String((point - first) % 10)
  })
}

function tooLarge(text: string): RangeError {
  return new RangeError(`the number in ${JSON.stringify(text)} is too large`)
}

/**
 * Bytes meant by a size such as `1G`, `500 MB` or `1.5 gibibytes`, as humanfriendly's
 * `parse_size(text, binary=True)` reads it: K, M, G … are powers of 1024, a unit is known by its first letter,
 * and a number alone is bytes.
 *
 * @returns undefined where humanfriendly raises InvalidSize, which 8.0 reports and ignores
 * @throws RangeError where reading it ends the program in 8.0: numbers that Python cannot read or hold
 */
export function parseSize(text: string): bigint | undefined {
  const parts = text.split(NUMBER).map((part) => strip(part))
  if (parts.some((part) => UNREADABLE.test(part))) {
    throw new RangeError(`the number in ${JSON.stringify(text)} has digits that cannot be read`)
  }
  const tokens = parts.filter((part) => part !== '').map(asciiDigits)
  if (tokens.some((token) => TOO_LONG.test(token))) throw tooLarge(text)
  const [number = '', unit = 'b', ...rest] = tokens
  const power = UNIT_LETTERS.indexOf(unit.toLowerCase().charAt(0))
  if (!/^[0-9]/.test(number) || power < 0 || rest.length > 0) return undefined
  if (!number.includes('.')) return BigInt(number) * 1024n ** BigInt(power)
  const bytes = Number(number) * 1024 ** power
  if (!Number.isFinite(bytes)) throw tooLarge(text)
  return BigInt(Math.trunc(bytes))
}
