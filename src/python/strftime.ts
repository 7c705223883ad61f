const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/**
 * Python's `time.strftime` in the C locale, in local time. Directives that it does not know stay as they are.
 * https://docs.python.org/3/library/time.html#time.strftime
 */
export function strftime(format: string, date: Date): string {
  return format.replace(/%([a-zA-Z%])/g, (whole, directive: string) => directiveText(directive, date) ?? whole)
}

function directiveText(directive: string, date: Date): string | undefined {
  const composed = COMPOSED.get(directive)
  return composed === undefined ? SIMPLE.get(directive)?.(date) : strftime(composed, date)
}

const padded = (value: number, width = 2, fill = '0'): string => String(value).padStart(width, fill)

const COMPOSED = new Map([
  ['c', '%a %b %e %H:%M:%S %Y'],
  ['D', '%m/%d/%y'],
  ['F', '%Y-%m-%d'],
  ['R', '%H:%M'],
  ['T', '%H:%M:%S'],
  ['x', '%m/%d/%y'],
  ['X', '%H:%M:%S'],
  ['r', '%I:%M:%S %p'],
  ['h', '%b'],
])

const SIMPLE = new Map<string, (date: Date) => string>([
  ['Y', (date) => String(date.getFullYear())],
  ['C', (date) => padded(Math.floor(date.getFullYear() / 100))],
  ['y', (date) => padded(date.getFullYear() % 100)],
  ['m', (date) => padded(date.getMonth() + 1)],
  ['d', (date) => padded(date.getDate())],
  ['e', (date) => padded(date.getDate(), 2, ' ')],
  ['H', (date) => padded(date.getHours())],
  ['I', (date) => padded(date.getHours() % 12 || 12)],
  ['k', (date) => padded(date.getHours(), 2, ' ')],
  ['l', (date) => padded(date.getHours() % 12 || 12, 2, ' ')],
  ['M', (date) => padded(date.getMinutes())],
  ['S', (date) => padded(date.getSeconds())],
  ['p', (date) => (date.getHours() < 12 ? 'AM' : 'PM')],
  ['P', (date) => (date.getHours() < 12 ? 'am' : 'pm')],
  ['j', (date) => padded(dayOfYear(date) + 1, 3)],
  ['a', (date) => (DAYS[date.getDay()] ?? '').slice(0, 3)],
  ['A', (date) => DAYS[date.getDay()] ?? ''],
  ['b', (date) => (MONTHS[date.getMonth()] ?? '').slice(0, 3)],
  ['B', (date) => MONTHS[date.getMonth()] ?? ''],
  ['w', (date) => String(date.getDay())],
  ['u', (date) => String(date.getDay() || 7)],
  ['U', (date) => padded(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7))],
  ['W', (date) => padded(Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7))],
  ['V', (date) => padded(isoWeek(date).week)],
  ['G', (date) => String(isoWeek(date).year)],
  ['g', (date) => padded(isoWeek(date).year % 100)],
  ['s', (date) => String(Math.floor(date.getTime() / 1000))],
  ['z', (date) => offset(date)],
  ['Z', (date) => zoneName(date)],
  ['n', () => '\n'],
  ['t', () => '\t'],
  ['%', () => '%'],
])

/** From 0. */
function dayOfYear(date: Date): number {
  return (
    (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000
  )
}

/** ISO 8601: the week that holds the year's first Thursday is the first one. */
function isoWeek(date: Date): { readonly year: number; readonly week: number } {
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 4 - (date.getDay() || 7))
  return { year: thursday.getFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 }
}

function offset(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  const sign = minutes < 0 ? '-' : '+'
  return `${sign}${padded(Math.floor(Math.abs(minutes) / 60))}${padded(Math.abs(minutes) % 60)}`
}

/** The zone's short name where Node has one; others are GMT+3. */
function zoneName(date: Date): string {
  const names = ['en-GB', 'en-US'].map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(date)
    return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  })
  return names.find((name) => /^[A-Z]+$/.test(name)) ?? names[0] ?? ''
}
