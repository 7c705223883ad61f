import { LockedError } from '../errors.js'
import { oneLine } from '../one-line.js'

/** What a lock says about the run that holds it. */
export interface LockHolder {
  /** differs from run to run */
  readonly run: string
  readonly command: string
  readonly pid: number
  readonly host: string
  /** ISO 8601 */
  readonly since: string
  /** the facts that decide on a filesystem whether the process still lives; '' where the system does not tell */
  readonly identity: string
  readonly boot: string
  readonly pidNamespace: string
}

/** @returns undefined for a text that does not describe a holder: empty, cut off, or written by another program */
export function parseHolder(text: string): LockHolder | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = new Map<string, unknown>(Object.entries(value))
  const string = (name: string): string => {
    const found = fields.get(name)
    return typeof found === 'string' ? found : ''
  }
  const pid = fields.get('pid')
  const command = string('command')
  const host = string('host')
  if (command === '' || host === '') return undefined
  return {
    run: string('run'),
    command,
    pid: typeof pid === 'number' ? pid : 0,
    host,
    since: string('since'),
    identity: string('identity'),
    boot: string('boot'),
    pidNamespace: string('pidNamespace'),
  }
}

/** The holder of a lock with this text, as messages name it. */
export function holderText(text: string | undefined): string {
  const holder = parseHolder(text ?? '')
  if (holder === undefined) return 'another run'
  const since = holder.since === '' ? '' : `, since ${holder.since}`
  return oneLine(`"bandersnatch ${holder.command}" (process ${holder.pid} on ${holder.host}${since})`)
}

/** The error of a run that finds the lock taken. `text`: of the lock, where it could be read. */
export function lockedError(text: string | undefined): LockedError {
  return new LockedError(`the mirror is in use by ${holderText(text)}; this run ends without doing anything`)
}
