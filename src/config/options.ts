import type { Defaults } from './config-file.js'

/** What an option may hold. Docs, --help, the example's test and the checks all come from this table. */
export interface OptionSpec {
  readonly type: 'boolean' | 'integer' | 'number' | 'choice' | 'text' | 'path' | 'url' | 'list'
  /** text the option has before the file is read, so that it hides one in [DEFAULT] and can be referred to */
  readonly default?: string
  /** text used when neither the section nor [DEFAULT] sets the option */
  readonly fallback?: string
  readonly required?: true
  readonly choices?: readonly string[]
  /** choices may be written in any case; this is the case they are turned into */
  readonly letters?: 'upper' | 'lower'
  readonly min?: number
  readonly max?: number
  /** URL schemes */
  readonly schemes?: readonly string[]
  /** new in this program: bandersnatch 8.0 ignores it */
  readonly added?: true
  readonly doc: string
}

export interface SectionSpec {
  readonly doc: string
  /** by option name; a `*` at the end stands for any name that begins so */
  readonly options: Readonly<Record<string, OptionSpec>>
}

/** Names that `[plugins] enabled` may list. */
const PLUGINS = [
  'all',
  'allowlist_project',
  'allowlist_release',
  'blocklist_project',
  'blocklist_release',
  'exclude_platform',
  'latest_release',
  'prerelease_release',
  'project_requirements',
  'project_requirements_pinned',
  'regex_project',
  'regex_project_metadata',
  'regex_release',
  'regex_release_file_metadata',
  'size_project_metadata',
  'version_range_project_metadata',
  'version_range_release_file_metadata',
  'versions_count_project_metadata',
] as const

const DIGESTS = [
  'sha256',
  'md5',
  'sha1',
  'sha224',
  'sha384',
  'sha512',
  'sha512_224',
  'sha512_256',
  'sha3_224',
  'sha3_256',
  'sha3_384',
  'sha3_512',
  'blake2b',
  'blake2s',
  'ripemd160',
  'sm3',
  'md5-sha1',
] as const

const METADATA_KEY = 'A dotted path into the metadata, with tags before it; patterns, one a line.'
const VERSIONS_KEY = 'A dotted path to a version specifier; versions of which it must admit one, one a line.'

/** Every option there is, by section. */
export const SECTIONS = {
  mirror: {
    doc: 'What is mirrored, from where and to where.',
    options: {
      directory: { type: 'path', required: true, doc: 'Where the mirror is kept; on S3 `/bucket/prefix`.' },
      'storage-backend': {
        type: 'choice',
        choices: ['filesystem', 's3'],
        default: 'filesystem',
        doc: 'What keeps the mirror: a file system, or an S3 bucket set up in [s3].',
      },
      'storage-filesystem-manage-permissions': {
        type: 'boolean',
        default: 'true',
        doc: 'Set the permissions of files; false leaves them to the umask and ACLs of the directory.',
      },
      master: {
        type: 'url',
        schemes: ['https', 'http'],
        default: 'https://pypi.org',
        doc: 'The index to mirror: PyPI or another mirror.',
      },
      'allow-non-https': { type: 'boolean', default: 'false', doc: 'Accept a master whose URL begins with http://.' },
      proxy: {
        type: 'url',
        schemes: ['http', 'https', 'socks5', 'socks5h', 'socks4', 'socks4a', 'socks'],
        default: '',
        doc:
          'Proxy for all requests; if empty, the first of SOCKS5_PROXY, SOCKS4_PROXY, SOCKS_PROXY, ' +
          'HTTPS_PROXY, HTTP_PROXY and ALL_PROXY in the environment.',
      },
      'download-mirror': {
        type: 'url',
        schemes: ['https', 'http'],
        default: '',
        doc: 'Another mirror that release files are fetched from first.',
      },
      'download-mirror-no-fallback': {
        type: 'boolean',
        default: 'false',
        doc: 'Never fetch release files from anywhere but the download-mirror.',
      },
      'api-method': {
        type: 'choice',
        choices: ['auto', 'simple', 'xmlrpc'],
        default: 'auto',
        added: true,
        doc: 'How to ask what changed: by the list of all projects (simple), the changelog (xmlrpc), or the better.',
      },
      metadata: {
        type: 'choice',
        choices: ['auto', 'json', 'simple'],
        default: 'auto',
        added: true,
        doc: "Where a project's metadata comes from: the JSON API, the Simple API, or the best the master has.",
      },
      timeout: {
        type: 'number',
        min: 0,
        default: '10',
        doc: 'Seconds that connecting, and waiting for more data, may take; 0 for no limit.',
      },
      'global-timeout': {
        type: 'number',
        min: 0,
        default: '1800',
        doc: 'Seconds that one request may take as a whole; 0 for five hours.',
      },
      workers: { type: 'integer', min: 1, max: 10, default: '3', doc: 'Projects that are worked on at a time.' },
      verifiers: { type: 'integer', min: 1, default: '3', doc: 'Projects that `verify` checks at a time.' },
      'stop-on-error': { type: 'boolean', default: 'false', doc: 'End the run soon after the first error.' },
      json: { type: 'boolean', default: 'false', doc: "Keep each project's JSON metadata; `verify` needs it." },
      'release-files': { type: 'boolean', default: 'true', doc: 'Mirror release files, not only pages.' },
      'core-metadata': {
        type: 'boolean',
        default: 'true',
        doc: 'Mirror the core metadata files beside release files (PEP 658) and name them in the pages.',
      },
      'hash-index': {
        type: 'boolean',
        default: 'false',
        doc: 'Put project pages below a directory of their first letter; the web server must translate URLs.',
      },
      'simple-format': {
        type: 'choice',
        choices: ['ALL', 'HTML', 'JSON'],
        letters: 'upper',
        default: 'ALL',
        doc: 'Formats of the Simple API pages.',
      },
      'simple-api-version': {
        type: 'choice',
        choices: ['1.4', '1.1'],
        default: '1.4',
        added: true,
        doc: 'Version of the Simple API that the pages announce and have the fields of; 8.0 writes 1.1.',
      },
      root_uri: {
        type: 'text',
        default: '',
        doc:
          'Prefix of file URLs in the pages; if empty they are relative, or with `release-files = false` ' +
          'begin with https://files.pythonhosted.org.',
      },
      digest_name: {
        type: 'choice',
        choices: DIGESTS,
        letters: 'lower',
        default: 'sha256',
        doc: 'Digest that pages show and files are checked with; the master must offer it.',
      },
      'compare-method': {
        type: 'choice',
        choices: ['hash', 'stat'],
        default: 'hash',
        doc: 'How to tell that a stored file is right: by its digest, or by its size and time.',
      },
      keep_index_versions: {
        type: 'integer',
        min: 0,
        fallback: '0',
        doc: 'How many earlier versions of each page to keep; 0 for none.',
      },
      cleanup: {
        type: 'boolean',
        default: 'false',
        doc: 'Remove project directories under names that are not normalized (PEP 503), left by old releases.',
      },
      'removed-projects': {
        type: 'choice',
        choices: ['unlist', 'delete', 'keep'],
        default: 'unlist',
        added: true,
        doc: 'Projects that vanished upstream: take them off the index, delete their files too, or keep all.',
      },
      'removal-limit': {
        type: 'number',
        min: 0,
        max: 100,
        default: '1',
        added: true,
        doc: 'Percent of the mirrored projects that one run may unlist or delete; in a small mirror up to 50, at most half. 0: none.',
      },
      'withdraw-after': {
        type: 'number',
        min: 0,
        default: '24',
        added: true,
        doc: 'Hours after which a project that upstream lists but answers 404 for is taken off the index.',
      },
      'reconcile-interval': {
        type: 'number',
        min: 0,
        default: '24',
        added: true,
        doc: 'Hours after which the whole list of projects is compared with the mirror again; 0 for every run.',
      },
      'diff-file': {
        type: 'path',
        default: '',
        doc:
          'File that lists what a run wrote; a directory gets a file mirrored-files. `{{section_option}}` ' +
          "stands for another option's value.",
      },
      'diff-append-epoch': { type: 'boolean', default: 'false', doc: 'Add the time in seconds to the diff-file name.' },
      'log-config': { type: 'path', default: '', doc: "Logging configuration file, as for Python's logging.config." },
      'metrics-file': {
        type: 'path',
        default: '',
        added: true,
        doc: 'File for the figures of the last run in Prometheus text format.',
      },
    },
  },
  s3: {
    doc: 'The bucket, with `storage-backend = s3`. What is not set comes from the AWS environment.',
    options: {
      region_name: { type: 'text', fallback: '', doc: 'AWS region.' },
      aws_access_key_id: { type: 'text', fallback: '', doc: 'Access key.' },
      aws_secret_access_key: { type: 'text', fallback: '', doc: 'Secret of the access key.' },
      endpoint_url: { type: 'url', schemes: ['https', 'http'], fallback: '', doc: "Another service than Amazon's." },
      signature_version: { type: 'text', fallback: '', doc: 'Signature version, e.g. s3v4.' },
      'config_param_*': {
        type: 'text',
        doc: 'A parameter of the requests that store objects, e.g. config_param_ServerSideEncryption.',
      },
      verify_concurrency: { type: 'integer', min: 1, fallback: '50', doc: 'Objects that `verify` checks at a time.' },
      max_attempts: { type: 'integer', min: 0, fallback: '10', doc: 'How often a failed request is repeated.' },
      'lock-expiry': {
        type: 'integer',
        min: 5,
        fallback: '120',
        added: true,
        doc: 'Seconds after which the lock of a run that was killed is free.',
      },
      'timed-lock': {
        type: 'boolean',
        fallback: 'false',
        added: true,
        doc: 'For stores without conditional writes: a lock that excludes other runs by waiting ten seconds.',
      },
      'cache-control-packages': {
        type: 'text',
        fallback: '',
        added: true,
        doc: 'Cache-Control header of release files and core metadata files.',
      },
      'cache-control-pages': { type: 'text', fallback: '', added: true, doc: 'Cache-Control header of other objects.' },
    },
  },
  plugins: {
    doc: 'Which filters are at work. None is unless it is named here.',
    options: { enabled: { type: 'list', choices: PLUGINS, doc: 'Filter plugins, one a line, or all.' } },
  },
  allowlist: {
    doc: 'For allowlist_project, allowlist_release, project_requirements and project_requirements_pinned.',
    options: {
      packages: { type: 'list', doc: 'Projects or requirements (name>=1.0) to mirror, whatever their size.' },
      requirements: { type: 'list', doc: 'Requirements files; may have a * in their name.' },
      requirements_path: { type: 'path', doc: 'Directory of the requirements files.' },
    },
  },
  blocklist: {
    doc: 'For blocklist_project, blocklist_release and exclude_platform.',
    options: {
      packages: { type: 'list', doc: 'Projects, or requirements such as name<1.0, not to mirror.' },
      platforms: {
        type: 'list',
        doc: 'Whose files are left out: windows, macos, freebsd, linux, a Python version such as py2.7.',
      },
    },
  },
  filter_prerelease: {
    doc: 'For prerelease_release.',
    options: { packages: { type: 'list', doc: 'Only these projects lose their pre-releases; if empty, all do.' } },
  },
  filter_regex: {
    doc: 'For regex_project and regex_release: Python regular expressions, matched from the start.',
    options: {
      packages: { type: 'list', doc: 'Names of projects not to mirror.' },
      releases: { type: 'list', doc: 'Versions not to mirror.' },
    },
  },
  latest_release: {
    doc: 'For latest_release.',
    options: {
      keep: { type: 'integer', doc: "How many of a project's latest releases to mirror; 0 for all." },
      sort_by: { type: 'choice', choices: ['version', 'time'], fallback: 'version', doc: 'What latest means.' },
    },
  },
  regex_project_metadata: {
    doc: 'For regex_project_metadata: projects to mirror.',
    options: { '*': { type: 'list', doc: METADATA_KEY } },
  },
  regex_release_file_metadata: {
    doc: 'For regex_release_file_metadata: files to mirror.',
    options: { '*': { type: 'list', doc: METADATA_KEY } },
  },
  version_range_project_metadata: {
    doc: 'For version_range_project_metadata, which 8.0 cannot enable: projects to mirror.',
    options: { '*': { type: 'list', doc: VERSIONS_KEY } },
  },
  version_range_release_file_metadata: {
    doc: 'For version_range_release_file_metadata: files to mirror.',
    options: { '*': { type: 'list', doc: VERSIONS_KEY } },
  },
  size_project_metadata: {
    doc: 'For size_project_metadata.',
    options: { max_package_size: { type: 'text', doc: 'Larger projects are not mirrored: bytes, or e.g. 1G.' } },
  },
  versions_count_project_metadata: {
    doc: 'For versions_count_project_metadata.',
    options: {
      min_versions: { type: 'integer', fallback: '0', doc: 'Projects with fewer versions are left out; 0: no limit.' },
      max_versions: { type: 'integer', fallback: '0', doc: 'Projects with more versions are left out; 0: no limit.' },
    },
  },
} as const satisfies Readonly<Record<string, SectionSpec>>

/** The table for look-ups by names that may not be in it. */
const BY_NAME: ReadonlyMap<string, SectionSpec> = new Map<string, SectionSpec>(Object.entries(SECTIONS))

export function findSection(section: string): SectionSpec | undefined {
  return BY_NAME.get(section)
}

export function findOption(section: string, option: string): OptionSpec | undefined {
  const named = Object.entries(findSection(section)?.options ?? {})
  const exact =
    named.find(([name]) => name === option) ??
    named.find(([name]) => name.endsWith('*') && option.startsWith(name.slice(0, -1)))
  return exact?.[1]
}

/** The values that [mirror] options have before a file is read. */
export function mirrorDefaults(): Defaults {
  const options: Readonly<Record<string, OptionSpec>> = SECTIONS.mirror.options
  const values = Object.entries(options).flatMap(([name, spec]): [string, string][] =>
    spec.default === undefined ? [] : [[name, spec.default]],
  )
  return new Map([['mirror', new Map(values)]])
}

/** What an option may hold, to follow "must be". */
export function allowedText(spec: OptionSpec): string {
  if (spec.choices !== undefined) return `one of ${spec.choices.join(', ')}`
  if (spec.schemes !== undefined) return `a URL with ${spec.schemes.map((name) => `${name}://`).join(' or ')}`
  if (spec.type === 'boolean') return 'true or false'
  if (spec.type !== 'integer' && spec.type !== 'number') return 'one line of text'
  const number = spec.type === 'integer' ? 'a whole number' : 'a number'
  if (spec.max !== undefined) return `${number} from ${spec.min ?? 0} to ${spec.max}`
  return spec.min === undefined ? number : `${number}, ${spec.min} or more`
}
