import { readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { LogFile, RotationTime } from './handlers.js'
import type { LineSink } from './types.js'
import { openLogFile } from './file.js'
import { moveOver } from './rotate-size.js'

const SECONDS = { S: 1, M: 60, H: 3600, D: 86_400, MIDNIGHT: 86_400, W: 604_800 } as const
/** How many of year, month, day, hour, minute and second a name tells. */
const PARTS = { S: 6, M: 5, H: 4, D: 3, MIDNIGHT: 3, W: 3 } as const
const STAMPS = {
  6: /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d$/,
  5: /^\d{4}-\d\d-\d\d_\d\d-\d\d$/,
  4: /^\d{4}-\d\d-\d\d_\d\d$/,
  3: /^\d{4}-\d\d-\d\d$/,
} as const

/**
 * Python's TimedRotatingFileHandler: when its time is over a file gets a name that tells when it began, and only
 * `backupCount` such files are kept (0: all).
 * @param now milliseconds since the epoch
 * @throws Error when the file cannot be opened
 */
export function rotateByTime(
  target: LogFile & RotationTime & { readonly backupCount: number },
  now: () => number,
): LineSink {
  const { path, backupCount } = target
  const seconds = (): number => Math.floor(now() / 1000)
  const began = statSync(path, { throwIfNoEntry: false })
  const file = openLogFile(target)
  let endsAt = nextRotation(target, began === undefined ? seconds() : Math.floor(began.mtimeMs / 1000))

  const putAside = (): void => {
    moveOver(path, `${path}.${beginOf(target, endsAt, seconds())}`)
    if (backupCount > 0) for (const old of oldest(target)) rmSync(old, { force: true })
  }
  return {
    write(line, record) {
      const time = seconds()
      if (time >= endsAt) {
        try {
          if (statSync(path, { throwIfNoEntry: false })?.isFile() !== false) file.renew(putAside)
        } catch {
          // A file that cannot be put aside grows on.
        }
        endsAt = rotationAfter(target, time)
      }
      file.write(line, record)
    },
    close: () => file.close(),
  }
}

/** When a file that was begun at `time` ends; seconds since the epoch. */
export function nextRotation({ unit, weekday, interval, utc }: RotationTime, time: number): number {
  if (unit !== 'MIDNIGHT' && unit !== 'W') return time + SECONDS[unit] * interval
  const clock = clockOf(time, utc)
  const sinceMidnight = (clock.hour * 60 + clock.minute) * 60 + clock.second
  const midnight = time + SECONDS.D - sinceMidnight
  if (unit === 'MIDNIGHT') return midnight
  const days = (weekday - clock.weekday + 7) % 7
  if (days === 0) return midnight
  return utc ? midnight + days * SECONDS.D : sameClock(midnight + days * SECONDS.D, time)
}

function rotationAfter(target: RotationTime, time: number): number {
  const step = SECONDS[target.unit] * target.interval
  let next = nextRotation(target, time)
  while (next <= time) next += step
  const daily = target.unit === 'MIDNIGHT' || target.unit === 'W'
  return daily && !target.utc ? sameClock(next, time) : next
}

/** Puts a time on the other side of a change of the clocks where it would have been without one. */
function sameClock(time: number, reference: number): number {
  const shift = offsetAt(time) - offsetAt(reference)
  return time - Math.sign(shift) * Math.min(3600, Math.abs(shift))
}

/** Seconds that local time is ahead of UTC. */
function offsetAt(time: number): number {
  return -new Date(time * 1000).getTimezoneOffset() * 60
}

/** The part of a name that tells when the file that ends at `endsAt` began. */
function beginOf({ unit, interval, utc }: RotationTime, endsAt: number, time: number): string {
  let begin = endsAt - SECONDS[unit] * interval
  if (!utc) begin += Math.sign(offsetAt(time) - offsetAt(begin)) * 3600
  const clock = clockOf(begin, utc)
  const two = (value: number): string => String(value).padStart(2, '0')
  const parts = [clock.hour, clock.minute, clock.second].slice(0, PARTS[unit] - 3).map(two)
  return [`${clock.year}-${two(clock.month)}-${two(clock.day)}`, ...(parts.length > 0 ? [parts.join('-')] : [])].join(
    '_',
  )
}

/** Files put aside beyond those to keep. */
function oldest({ path, unit, backupCount }: LogFile & RotationTime & { readonly backupCount: number }): string[] {
  const prefix = `${basename(path)}.`
  const stamp = STAMPS[PARTS[unit]]
  const aside = readdirSync(dirname(path)).filter(
    (name) => name.startsWith(prefix) && stamp.test(name.slice(prefix.length)),
  )
  return aside
    .sort()
    .slice(0, Math.max(0, aside.length - backupCount))
    .map((name) => join(dirname(path), name))
}

interface Clock {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** 0 for Monday */
  readonly weekday: number
}

function clockOf(time: number, utc: boolean): Clock {
  const local = new Date(time * 1000)
  // The UTC fields of a date moved by the offset are local time.
  const date = utc ? local : new Date(local.getTime() - local.getTimezoneOffset() * 60_000)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: (date.getUTCDay() + 6) % 7,
  }
}
