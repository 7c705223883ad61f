import { runMirror } from '../../../src/mirror/mirror.js'
import { runVerify } from '../../../src/mirror/verify.js'
import type { VerifyOptions } from '../../../src/mirror/verify/types.js'
import { createTestSigstore } from '../../helpers/attested.js'
import { NOW, engine } from '../../helpers/engine.js'
import type { Engine, EngineOptions } from '../../helpers/engine.js'
import { createPackageIndex, sdist, wheel } from '../../helpers/index/index.js'
import type { PackageIndex } from '../../helpers/index/index.js'
import type { Upload } from '../../helpers/index/types.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const VERIFY: VerifyOptions = { delete: false, dryRun: false, jsonUpdate: false, restart: false, yes: false }
export const PROVENANCE = 'provenance = true\nintegrity-url = https://mirror.example'

export const sigstore = createTestSigstore()

/** The section [attestations] with this trusted root. */
export const check = (mode: 'warn' | 'require', lines = ''): string =>
  `[attestations]\ncheck = ${mode}\ntrusted-root = ${sigstore.rootPath}\n${lines}\n`

export async function mirror(options: EngineOptions, flags: Partial<typeof PLAIN> = {}): Promise<Engine> {
  const run = await engine(options)
  await runMirror(run, { ...PLAIN, ...flags })
  return run
}

export async function verify(
  options: EngineOptions,
  flags: Partial<VerifyOptions> = {},
): Promise<Engine & { code: number }> {
  const run = await engine({ ...options, checksAttestations: flags.attestations === true })
  return Object.assign(run, { code: await runVerify(run, { ...VERIFY, ...flags }) })
}

export const later = (hours: number): Date => new Date(NOW.getTime() + hours * 3600_000)
export const one = { name: 'one', version: '1.0' }
export const ONE = 'one-1.0-py3-none-any.whl'
export const KEY = `web/integrity/one/1.0/${ONE}/provenance`

/** An index of the project `one` with an attested wheel and an sdist without attestations. */
export function attestedIndex(upload: Upload = sigstore.attested(wheel(one))): PackageIndex {
  const index = createPackageIndex()
  index.publish('one', '1.0', [upload, sdist(one)])
  return index
}

/** What pages say of each file's provenance. */
export function named(run: Engine, name = 'one'): Record<string, unknown> {
  const page = JSON.parse(run.text(`web/simple/${name}/index.v1_json`) ?? '{"files":[]}') as {
    files: { filename: string; provenance?: unknown }[]
  }
  return Object.fromEntries(page.files.map(({ filename, provenance }) => [filename, provenance]))
}
