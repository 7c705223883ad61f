import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** Programs and other things that tests use besides Node. scripts/test-servers.sh installs them on Debian. */

const PYTHON = process.env['PYTHON'] ?? 'python3'

/** Where scripts/test-servers.sh puts moto with `pip install --target`. */
const MOTO_PLACE = join(tmpdir(), 'bandersnatch-test-moto')

/** Debian installs servers where only root looks for programs. */
const DIRECTORIES = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin']

const onPath = (program: string): boolean => DIRECTORIES.some((directory) => existsSync(join(directory, program)))

function hasModule(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const code = 'import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)'
  return spawnSync(PYTHON, ['-c', code, name], { env, stdio: 'ignore' }).status === 0
}

/** The programs of scripts/ceph-s3.sh. */
export const hasCeph = (): boolean => ['ceph', 'ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'curl'].every(onPath)

/** The environment in which Python finds moto; undefined where there is no moto. */
export function motoEnvironment(): NodeJS.ProcessEnv | undefined {
  return [process.env, { ...process.env, PYTHONPATH: MOTO_PLACE }].find((env) => hasModule('moto', env))
}

/** How to look for what is not a program on the PATH. */
const SPECIAL: Readonly<Record<string, () => boolean>> = {
  pip: () => hasModule('pip'),
  'an S3 server': () => process.env['S3_TEST_SERVER'] !== undefined || hasCeph() || motoEnvironment() !== undefined,
  Linux: () => process.platform === 'linux',
}

export const isInstalled = (program: string): boolean => (SPECIAL[program] ?? (() => onPath(program)))()
