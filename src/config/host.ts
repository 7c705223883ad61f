import { readFileSync } from 'node:fs'

/** This process and its neighbours, as the lock and the journal need to know them. */
export interface HostFacts {
  readonly pid: number
  /** changes with every start of the machine; '' where the system does not tell */
  readonly bootId: string
  readonly umask: number
  /** undefined when no such process runs; else a text that another process of the same number does not have */
  processIdentity(pid: number): string | undefined
}

export function hostFacts(): HostFacts {
  return {
    pid: process.pid,
    bootId: readOr('/proc/sys/kernel/random/boot_id', ''),
    umask: process.umask(),
    processIdentity,
  }
}

function processIdentity(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ESRCH') return undefined
  }
  // Field 22 of /proc/<pid>/stat is the start time; the name before it may hold spaces and parentheses.
  const stat = readOr(`/proc/${pid}/stat`, '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (fields[0] === 'Z') return undefined
  return fields[19] ?? 'running'
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return otherwise
  }
}
