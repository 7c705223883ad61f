import { spawnSync } from 'node:child_process'
import { ConfigError, errorText } from '../errors.js'
import { isObject } from '../model/json.js'

/** Tells the interpreter tag and the best platform tag, as `packaging` finds them. */
const QUESTION = `
import glob, json, os, platform, struct, subprocess, sys, sysconfig
kind = {'cpython': 'cp', 'pypy': 'pp'}.get(sys.implementation.name, 'py')
free = 't' if kind == 'cp' and 't' in getattr(sys, 'abiflags', '') else ''
tag = sysconfig.get_platform().replace('-', '_').replace('.', '_')
if tag.startswith('macosx'):
    version, _, machine = platform.mac_ver()
    major, minor = (version.split('.') + ['0'])[:2]
    tag = 'macosx_%s_%s_%s' % (major, minor if major == '10' else '0', machine)
elif tag.startswith('linux_'):
    arch = tag[6:]
    if struct.calcsize('P') == 4:
        arch = {'x86_64': 'i686', 'aarch64': 'armv8l'}.get(arch, arch)
    tag = 'linux_' + arch
    try:
        libc, version = os.confstr('CS_GNU_LIBC_VERSION').split()
        tag = 'manylinux_%s_%s' % ('_'.join(version.split('.')[:2]), arch)
    except (AttributeError, OSError, ValueError):
        for loader in glob.glob('/lib/ld-musl-*.so.1')[:1]:
            said = subprocess.run([loader], stderr=subprocess.PIPE).stderr.decode()
            version = said.split('Version ')[-1].split()[0]
            tag = 'musllinux_%s_%s' % ('_'.join(version.split('.')[:2]), arch)
print(json.dumps({'program': sys.executable, 'definition': '%s%d%d%s %s' % ((kind,) + sys.version_info[:2] + (free, tag))}))
`

export interface Interpreter {
  /** path of the program */
  readonly program: string
  /** as [environments] has it, such as `cp311 manylinux_2_36_x86_64` */
  readonly definition: string
}

/**
 * Asks a Python for which environment it stands.
 * @param python a program, by its path or to be found in PATH
 * @throws ConfigError where it cannot be run
 */
export function askInterpreter(python: string): Interpreter {
  const { error, status, stdout, stderr } = spawnSync(python, ['-c', QUESTION], { encoding: 'utf8', timeout: 30_000 })
  const problem = (what: string): ConfigError => new ConfigError(`${python} ${what}; name another one with --python`)
  if (error !== undefined) throw problem(`cannot be run: ${errorText(error)}`)
  if (status !== 0) throw problem(`failed: ${stderr.trim().split('\n').at(-1) ?? ''}`)
  const answer = parseJson(stdout)
  const { program, definition } = isObject(answer) ? answer : {}
  if (typeof program !== 'string' || typeof definition !== 'string') throw problem('did not answer like a Python 3')
  return { program, definition }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
