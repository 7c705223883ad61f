/** Figures as people read them: in logs, the progress line, the summary and `status`. */

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']

/** Decimal units with three digits: 999 bytes, 1.23 kB, 45.6 MB, 789 GB. */
export function bytesText(bytes: number): string {
  let unit = 0
  let value = bytes
  // 999.5 would be shown as 1000.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${Math.round(bytes)} bytes`
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2
  return `${value.toFixed(digits)} ${UNITS[unit]}`
}

const DURATION_UNITS = ['d', 'h', 'min', 's']

/** The two largest parts: 0.4 s, 59 s, 2 min 5 s, 3 h 10 min, 2 d 4 h. */
export function durationText(seconds: number): string {
  if (seconds < 10 && !Number.isInteger(seconds)) return `${Math.max(0, seconds).toFixed(1)} s`
  const whole = Math.max(0, Math.round(seconds))
  const amounts = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60]
  const first = amounts.findIndex((amount) => amount > 0)
  if (first < 0) return '0 s'
  const parts = amounts.map((amount, unit) => (amount > 0 ? `${amount} ${DURATION_UNITS[unit]}` : ''))
  return parts
    .slice(first, first + 2)
    .filter((part) => part !== '')
    .join(' ')
}
