import { InvalidArgumentError, Option } from 'commander'
import { parseBandwidthLimit } from './config/bandwidth.js'
import { parseDuration } from './config/duration.js'

export function runForOption(): Option {
  return new Option('--run-for <time>', 'begin no more work after this time, such as 2h').argParser(seconds)
}

export function bandwidthOption(): Option {
  return new Option('--bandwidth-limit <rate>', 'bytes a second, such as 20M, or a timetable').argParser((text) =>
    parsed(parseBandwidthLimit(text)),
  )
}

function parsed<T extends object | number>(value: T | { readonly error: string }): T {
  if (typeof value === 'object' && 'error' in value) throw new InvalidArgumentError(`it must be ${value.error}.`)
  return value
}

export function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('a whole number is needed.')
}

/** A time such as `90s`, `10m` or `2h`, in seconds. */
export function seconds(text: string): number {
  return parsed(parseDuration(text))
}
