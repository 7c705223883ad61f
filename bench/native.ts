import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'

export type Native = 'link' | 'slow-disk'

/**
 * Compiles a program of bench/native into `directory`, and returns its path.
 * @throws where there is no C compiler
 */
export function compile(name: Native, directory: string): string {
  const source = resolve('bench', 'native', `${name}.c`)
  const target = join(directory, name)
  const how = name === 'link' ? [] : ['-shared', '-fPIC', '-ldl']
  try {
    execFileSync('cc', ['-O2', '-o', target, source, ...how], { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw missing ? new Error('there is no C compiler (cc)') : error
  }
  return target
}
