/** A moment: whole seconds since the epoch, rounded down, and microseconds (0 to 999999). */
interface Instant {
  readonly seconds: number
  readonly micros: number
}

/** An upload time as upstream writes it, read as `datetime.fromisoformat` of Python 3.11 reads it. */
export interface Timestamp {
  /** what Python's `isoformat()` prints */
  readonly iso: string
  /** Whether the text has an offset. Without one it is local time, and 8.0 finds it equal to no stored time. */
  readonly aware: boolean
  /** seconds since the epoch, the nearest double: what 8.0 gives to `os.utime` */
  readonly seconds: number
  /** the same, not rounded to a double */
  readonly instant: Instant
}

/** A time of day or an offset. */
interface Clock {
  readonly seconds: number
  readonly micros: number
  /** Hours, minutes and seconds are those of a time of day; an offset may have 99 minutes. */
  readonly ordinary: boolean
  /** Something follows that could not be read. Python does not mind where an offset follows in turn. */
  readonly trailing: boolean
}

const MIDNIGHT: Clock = { seconds: 0, micros: 0, ordinary: true, trailing: false }
const MILLION = 1_000_000
const DAY = 86_400
/** Years 1 to 9999, in seconds since the epoch: what a Python datetime can hold. */
const FIRST = -62_135_596_800
const END = 253_402_300_800

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9'
}

/** The number in exactly `count` digits at `at`. */
function digits(text: string, at: number, count: number): number | undefined {
  const part = text.slice(at, at + count)
  return part.length === count && /^[0-9]*$/.test(part) ? Number(part) : undefined
}

/** Seconds from the epoch to a day of the Gregorian calendar; undefined where there is no such day. */
function secondsToDay(year: number, month: number, day: number): number | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const exists = year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  return exists ? date.getTime() / 1000 : undefined
}

/** The same for an ISO 8601 week date: week 1 has 4 January, day 1 is Monday. */
function secondsToWeekDay(year: number, week: number, day: number): number | undefined {
  const fourth = secondsToDay(year, 1, 4)
  if (fourth === undefined || week < 1 || day < 1 || day > 7) return undefined
  const weekday = (new Date(fourth * 1000).getUTCDay() + 6) % 7
  const monday = fourth + ((week - 1) * 7 - weekday) * DAY
  // A week belongs to the year of its Thursday.
  if (new Date((monday + 3 * DAY) * 1000).getUTCFullYear() !== year) return undefined
  return monday + (day - 1) * DAY
}

/** Where the date ends: any one character may stand between it and the time. */
function dateLength(text: string): number {
  if (text.length === 7) return 7
  if (text[4] === '-') {
    if (text[5] !== 'W') return 10
    return text[8] === '-' && !isDigit(text[10]) ? 10 : 8
  }
  if (text[4] !== 'W') return 8
  let end = 7
  while (isDigit(text[end])) end++
  if (end < 9) return end
  return end % 2 === 0 ? 7 : 8
}

/** Seconds from the epoch to a date in one of ISO 8601's calendar and week forms. */
function parseDate(text: string): number | undefined {
  const date = /^([0-9]{4})(-?)([0-9]{2})\2([0-9]{2})$/.exec(text)
  if (date) return secondsToDay(Number(date[1]), Number(date[3]), Number(date[4]))
  const week = /^([0-9]{4})(-?)W([0-9]{2})(?:\2([0-9]))?$/.exec(text)
  return week ? secondsToWeekDay(Number(week[1]), Number(week[3]), Number(week[4] ?? 1)) : undefined
}

/**
 * Reads `HH[:MM[:SS[.ffffff]]]`, with or without colons, from `start` up to `end`. What stands at `end` is
 * looked at too, and a NUL is as good as the end: Python reads a C string.
 */
function parseClock(text: string, start: number, end: number): Clock | undefined {
  const fields = [0, 0, 0]
  const clock = (micros: number, next: string | undefined): Clock => {
    const [hours = 0, minutes = 0, seconds = 0] = fields
    const ordinary = hours < 24 && minutes < 60 && seconds < 60
    const trailing = next !== undefined && next !== '\0'
    return { seconds: hours * 3600 + minutes * 60 + seconds, micros, ordinary, trailing }
  }
  let at = start
  let colons = true
  for (const index of fields.keys()) {
    const value = digits(text, at, 2)
    if (value === undefined) return undefined
    fields[index] = value
    const next = text[at + 2]
    at += 3
    if (index === 0) colons = next === ':'
    // Python counts bytes of UTF-8 here.
    if (at >= end) return next !== undefined && next > '\x7f' ? undefined : clock(0, next)
    if (next === '.' || next === ',') break
    if (!colons) at--
    else if (next !== ':') return undefined
  }
  const places = Math.min(6, end - at)
  const fraction = digits(text, at, places)
  if (fraction === undefined) return undefined
  at += places
  while (isDigit(text[at])) at++
  return clock(fraction * 10 ** (6 - places), text[at])
}

function pad(value: number, width = 2): string {
  return String(value).padStart(width, '0')
}

function fractionText(micros: number): string {
  return micros === 0 ? '' : `.${pad(micros, 6)}`
}

function offsetText(sign: string, { seconds, micros }: Clock): string {
  const text = `${sign}${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}`
  return seconds % 60 === 0 && micros === 0 ? text : `${text}:${pad(seconds % 60)}${fractionText(micros)}`
}

/** The double nearest to a moment. */
function toDouble({ seconds, micros }: Instant): number {
  if (seconds >= 0 || micros === 0) return Number(`${seconds}.${pad(micros, 6)}`)
  return -Number(`${-seconds - 1}.${pad(MILLION - micros, 6)}`)
}

function toInstant(seconds: number, micros: number): Instant {
  const carry = Math.floor(micros / MILLION)
  return { seconds: seconds + carry, micros: micros - carry * MILLION }
}

/** Local time as seconds since the epoch: `wall` is what the clock shows, as if it were UTC. */
function fromLocal(wall: number): number {
  const shown = new Date(wall * 1000)
  const date = new Date(2000, 0, 1)
  date.setFullYear(shown.getUTCFullYear(), shown.getUTCMonth(), shown.getUTCDate())
  date.setHours(shown.getUTCHours(), shown.getUTCMinutes(), shown.getUTCSeconds())
  return date.getTime() / 1000
}

/**
 * The upload time in `text`, as `datetime.fromisoformat(text.replace("Z", "+00:00"))` understands it;
 * undefined where that raises an error.
 */
export function parseTimestamp(text: string): Timestamp | undefined {
  const whole = text.replaceAll('Z', '+00:00')
  const dateEnd = dateLength(whole)
  const day = parseDate(whole.slice(0, dateEnd))
  if (day === undefined || day >= END) return undefined
  const separated = whole.length > dateEnd
  const timeStart = dateEnd + String.fromCodePoint(whole.codePointAt(dateEnd) ?? 0).length
  // A lone surrogate may only separate: elsewhere Python fails to encode it.
  if (/\p{Surrogate}/u.test(whole.slice(timeStart))) return undefined
  const signAt = whole.slice(timeStart).search(/[+-]/)
  const timeEnd = signAt < 0 ? whole.length : timeStart + signAt
  const time = separated ? parseClock(whole, timeStart, timeEnd) : MIDNIGHT
  const aware = separated && signAt >= 0
  if (!time?.ordinary || (time.trailing && !aware)) return undefined
  const wall = day + time.seconds
  const iso = new Date(wall * 1000).toISOString().slice(0, 19) + fractionText(time.micros)
  if (!aware) {
    const seconds = fromLocal(wall)
    return { iso, aware, seconds: seconds + time.micros / MILLION, instant: { seconds, micros: time.micros } }
  }
  const offset = parseClock(whole, timeEnd + 1, whole.length)
  if (offset === undefined || offset.trailing || offset.seconds >= DAY) return undefined
  const sign = whole[timeEnd] === '-' && (offset.seconds > 0 || offset.micros > 0) ? '-' : '+'
  const direction = sign === '-' ? 1 : -1
  const instant = toInstant(wall + direction * offset.seconds, time.micros + direction * offset.micros)
  return { iso: iso + offsetText(sign, offset), aware, seconds: toDouble(instant), instant }
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const above = value - floor
  return above > 0.5 || (above === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
}

/** A double as Python's `datetime.fromtimestamp` reads it: to the nearest microsecond. */
function fromDouble(seconds: number): Instant {
  const whole = Math.trunc(seconds)
  return toInstant(whole, roundHalfEven((seconds - whole) * MILLION))
}

/**
 * Whether a stored file has the upload time, as 8.0's `compare-method = stat` decides: equal to the microsecond.
 * `mtime`: seconds since the epoch with fraction (`stat.mtimeMs / 1000`); so is `uploadTime` where only
 * its `seconds` are at hand.
 */
export function sameUploadTime(mtime: number, uploadTime: Timestamp | number): boolean {
  const wanted = typeof uploadTime === 'number' ? fromDouble(uploadTime) : uploadTime.aware && uploadTime.instant
  const stored = fromDouble(mtime)
  if (wanted === false || stored.seconds < FIRST || stored.seconds >= END) return false
  return stored.seconds === wanted.seconds && stored.micros === wanted.micros
}

/**
 * What to give to Node's `utimes` so that a file gets the time `seconds`, to the microsecond. Given the number
 * itself, Node 20 cuts the double's fraction to microseconds, so that .12 becomes .119999; and it takes a
 * negative number, though not a string, for the present.
 */
export function utimesArgument(seconds: number): number | string {
  const magnitude = Math.abs(seconds)
  const { seconds: whole, micros } = fromDouble(magnitude)
  const cut = Math.trunc((magnitude - Math.trunc(magnitude)) * 1e9)
  const exact = Math.trunc(magnitude) === whole && Math.floor(cut / 1000) === micros
  const argument = exact ? magnitude : whole + (micros + 0.25) / MILLION
  return seconds < 0 ? String(-argument) : argument
}
