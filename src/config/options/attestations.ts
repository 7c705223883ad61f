import type { OptionSpec } from '../option-spec.js'

/** [attestations]: whether the attestations of release files are checked, and by whom they must be. */
export const ATTESTATION_OPTIONS = {
  check: {
    type: 'choice',
    choices: ['off', 'warn', 'require'],
    fallback: 'off',
    added: true,
    doc:
      'Check attestations before a file is fetched: `warn` refuses files of projects in `publishers` only, `require` ' +
      'every file without a valid one.',
  },
  'trusted-root': {
    type: 'path',
    fallback: '',
    added: true,
    doc: "Sigstore's trusted root file, instead of the one in this package.",
  },
  'on-change': {
    type: 'choice',
    choices: ['warn', 'refuse'],
    fallback: 'warn',
    added: true,
    doc: 'What becomes of a file whose publisher is not one of those that its project had before.',
  },
  publishers: {
    type: 'list',
    added: true,
    doc:
      'Who may publish a project, one a line: `NAME = github OWNER/REPOSITORY [WORKFLOW]`, `gitlab GROUP/PROJECT ' +
      '[PATH]`, `google ADDRESS`, or `none`.',
  },
} as const satisfies Readonly<Record<string, OptionSpec>>
