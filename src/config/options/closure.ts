import type { OptionSpec } from '../option-spec.js'

/** [closure]: mirror what requirements need. */
export const CLOSURE_OPTIONS = {
  roots: {
    type: 'choice',
    choices: ['none', 'allowlist'],
    fallback: 'none',
    added: true,
    doc:
      'What is mirrored with everything that it needs: `allowlist` for [allowlist] packages and requirements. ' +
      'The plugins that read them need not be enabled.',
  },
  'lock-files': {
    type: 'list',
    added: true,
    doc: 'uv.lock, pylock.toml, poetry.lock, pdm.lock and requirements files, one a line: exactly the files that they name.',
  },
  versions: {
    type: 'integer',
    min: 0,
    fallback: '3',
    added: true,
    doc: 'How many of the newest releases that a requirement admits are mirrored; 0 for all.',
  },
  'build-requires': {
    type: 'choice',
    choices: ['never', 'when-needed', 'always'],
    fallback: 'when-needed',
    added: true,
    doc: 'Whether to mirror what building an sdist needs; `when-needed`: where an environment has no wheel of the release.',
  },
  limit: {
    type: 'integer',
    min: 1,
    fallback: '1000',
    added: true,
    doc: 'If more projects than this are needed, the run ends with an error before it changes what is served.',
  },
  missing: {
    type: 'choice',
    choices: ['error', 'warn'],
    fallback: 'error',
    added: true,
    doc: 'What a requirement that upstream cannot meet is: an error (exit code 1), or a warning.',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>
