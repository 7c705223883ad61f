import { isInstalled } from './programs.js'

/** Tests outside test/e2e that start the built program or another one. The unit lane is without them. */
const STARTS_PROGRAMS = [
  'test/bench.test.ts',
  'test/helpers/index-archives.test.ts',
  'test/library.test.ts',
  'test/log/stderr.test.ts',
  'test/report/completion.test.ts',
  'test/report/progress-terminal.test.ts',
  'test/runner.test.ts',
  'test/upstream/proxy.test.ts',
  'test/upstream/tls.test.ts',
]

const S3 = ['test/storage/s3*.test.ts', 'test/e2e/s3-*.test.ts']

/**
 * The lanes. A new test file belongs to the unit lane unless it is listed above: it needs Node alone and little time.
 * Globs are as in vitest's `include` and `exclude`.
 */
export const LANES = {
  unit: { include: ['test/**/*.test.ts'], exclude: ['test/e2e/**', ...STARTS_PROGRAMS, ...S3] },
  e2e: { include: ['test/e2e/**/*.test.ts', ...STARTS_PROGRAMS], exclude: S3 },
  s3: { include: S3, exclude: [] },
} as const

/** What test files need besides Node, by the beginning of their path. The unit lane needs nothing. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  'test/bench.test.ts': ['curl'],
  'test/helpers/index-archives.test.ts': ['pip'],
  'test/log/stderr.test.ts': ['bash'],
  'test/report/completion.test.ts': ['bash', 'fish', 'mandoc', 'zsh'],
  'test/report/progress-terminal.test.ts': ['tmux'],
  'test/upstream/proxy.test.ts': ['microsocks', 'openssl', 'tinyproxy'],
  'test/upstream/tls.test.ts': ['openssl'],
  'test/e2e/clients.test.ts': ['caddy', 'nginx', 'pdm', 'pip', 'poetry'],
  'test/e2e/closure-installers.test.ts': ['pip'],
  'test/e2e/demo.test.ts': ['nginx', 'pip'],
  'test/e2e/deploy.test.ts': ['nginx', 'systemd-analyze'],
  'test/e2e/docs-commands.test.ts': ['bash', 'pip', 'rsync'],
  'test/e2e/other-indexes.test.ts': ['pip'],
  'test/e2e/pack.test.ts': ['bash'],
  'test/e2e/serving.test.ts': ['apache2', 'caddy', 'nginx'],
  'test/e2e/withheld.test.ts': ['pip'],
  'test/e2e/soak/': ['Linux', 'bash', 'unshare'],
  'test/storage/s3-serving.test.ts': ['an S3 server', 'nginx', 'pip'],
  'test/storage/s3': ['an S3 server'],
  'test/e2e/s3-': ['an S3 server'],
}

export interface Untested {
  /** a path, or the beginning of several */
  readonly files: string
  readonly missing: readonly string[]
}

/** Test files that are left out because something that they need is missing; none with CI=true. */
export function untestedHere(): Untested[] {
  if (process.env['CI'] === 'true') return []
  const installed = new Map([...new Set(Object.values(NEEDS).flat())].map((name) => [name, isInstalled(name)]))
  return Object.entries(NEEDS)
    .map(([files, needs]) => ({ files, missing: needs.filter((name) => installed.get(name) === false) }))
    .filter(({ missing }) => missing.length > 0)
}

/** The same as globs for `exclude`. */
export const excludesOf = (untested: readonly Untested[]): string[] =>
  untested.map(({ files }) => (files.endsWith('.ts') ? files : `${files}${files.endsWith('/') ? '**' : '*'}`))
