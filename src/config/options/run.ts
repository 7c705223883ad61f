import type { MirrorOptionSpec } from '../option-spec.js'

/** [mirror]: how a run works, what it removes and what it reports. */
export const RUN_OPTIONS = {
  everything: {
    type: 'boolean',
    default: 'false',
    added: true,
    shapes: false,
    doc: 'All of PyPI is meant: without it, a run that would mirror most of PyPI on far too little space is refused.',
  },
  workers: {
    type: 'integer',
    min: 1,
    max: 10,
    default: '3',
    shapes: false,
    doc: 'Requests with which a run begins; `max-requests` says how many they may become.',
  },
  'max-requests': {
    type: 'integer',
    word: 'auto',
    min: 1,
    max: 64,
    default: 'auto',
    added: true,
    shapes: false,
    doc: 'Requests under way at a time to each host. `auto`: as many as help, at most 64, and fewer where a host refuses.',
  },
  'run-for': {
    type: 'duration',
    default: '',
    added: true,
    shapes: false,
    doc: 'Time after which `mirror` begins no more work, such as `2h` or `1h 30m`; empty for no limit.',
  },
  verifiers: { type: 'integer', min: 1, default: '3', shapes: false, doc: 'Projects that `verify` checks at a time.' },
  'stop-on-error': {
    type: 'boolean',
    default: 'false',
    shapes: false,
    doc: 'End the run soon after the first error. Then at most `workers` projects are worked on at a time.',
  },
  'compare-method': {
    type: 'choice',
    choices: ['hash', 'stat'],
    default: 'hash',
    shapes: false,
    doc: 'How to tell that a stored file is right: by its digest, or by its size and time.',
  },
  cleanup: {
    type: 'boolean',
    default: 'false',
    shapes: false,
    doc: 'Remove project directories under names that are not normalized (PEP 503), left by old releases.',
  },
  'removed-projects': {
    type: 'choice',
    choices: ['unlist', 'delete', 'keep'],
    default: 'unlist',
    added: true,
    shapes: false,
    doc: 'Projects that vanished upstream: take them off the index, delete their files too, or keep all.',
  },
  'removal-limit': {
    type: 'number',
    min: 0,
    max: 100,
    default: '1',
    added: true,
    shapes: false,
    doc: 'Percent of the mirrored projects that one run may unlist or delete; in a small mirror up to 50, at most half. 0: none.',
  },
  'withdraw-after': {
    type: 'number',
    min: 0,
    default: '24',
    added: true,
    shapes: false,
    doc: 'Hours after which a project that upstream lists but answers 404 for is taken off the index.',
  },
  'reconcile-interval': {
    type: 'number',
    min: 0,
    default: '24',
    added: true,
    shapes: false,
    doc: 'Hours after which the whole list of projects is compared with the mirror again; 0 for every run.',
  },
  'diff-file': {
    type: 'path',
    default: '',
    shapes: false,
    doc:
      'File that lists what a run wrote; a directory gets a file mirrored-files. `{{section_option}}` ' +
      "stands for another option's value.",
  },
  'diff-append-epoch': {
    type: 'boolean',
    default: 'false',
    shapes: false,
    doc: 'Add the time in seconds to the diff-file name.',
  },
  'log-config': {
    type: 'path',
    default: '',
    shapes: false,
    doc: "Logging configuration file, as for Python's logging.config.",
  },
  'metrics-file': {
    type: 'path',
    default: '',
    added: true,
    shapes: false,
    doc: 'File for the figures of the last run in Prometheus text format.',
  },
  'on-failure': {
    type: 'text',
    default: '',
    added: true,
    shapes: false,
    doc:
      'Command for `/bin/sh` that is run after a failed run, with its summary as JSON on stdin: when a failure is new, ' +
      'then once a day. Write `%%` for `%`.',
  },
  'on-change': {
    type: 'text',
    default: '',
    added: true,
    shapes: false,
    doc: 'The same after a run that changed what is served.',
  },
} as const satisfies Readonly<Record<string, MirrorOptionSpec>>
