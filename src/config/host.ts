import { readFileSync, readlinkSync } from 'node:fs'
import { systemCode } from '../errors.js'

/** What the lock and the journal need to know about this process and its neighbours. */
export interface HostFacts {
  readonly pid: number
  /** changes with every start of the machine; '' where the system does not tell */
  readonly bootId: string
  /** tells in which container process ids have their meaning; '' where the system does not tell */
  readonly pidNamespace: string
  readonly umask: number
  /** undefined when there is no such process; else a text that a later process with the same id does not have */
  processIdentity(pid: number): string | undefined
}

export function hostFacts(): HostFacts {
  return {
    pid: process.pid,
    bootId: textOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    pidNamespace: textOr('', () => readlinkSync('/proc/self/ns/pid')),
    umask: process.umask(),
    processIdentity,
  }
}

function processIdentity(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return undefined
  }
  // Field 22 of /proc/<pid>/stat is the start time; the name before it may hold spaces and parentheses.
  const stat = textOr('', () => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z') return undefined
  return fields[19] ?? 'running'
}

function textOr(otherwise: string, read: () => string): string {
  try {
    return read().trim()
  } catch {
    return otherwise
  }
}
