import type { MirrorOptionSpec } from '../option-spec.js'

/** [mirror]: where the mirror is kept, and how upstream is asked. */
export const UPSTREAM_OPTIONS = {
  directory: { type: 'path', required: true, shapes: false, doc: 'Where the mirror is kept; on S3 `/bucket/prefix`.' },
  'storage-backend': {
    type: 'choice',
    choices: ['filesystem', 's3'],
    default: 'filesystem',
    shapes: false,
    doc: 'What keeps the mirror: a file system, or an S3 bucket set up in [s3].',
  },
  'storage-filesystem-manage-permissions': {
    type: 'boolean',
    default: 'true',
    shapes: false,
    doc: 'Set the permissions of files; false leaves them to the umask and ACLs of the directory.',
  },
  master: {
    type: 'url',
    required: true,
    schemes: ['https', 'http'],
    default: 'https://pypi.org',
    shapes: false,
    doc: 'The index to mirror: PyPI or another mirror.',
  },
  'allow-non-https': {
    type: 'boolean',
    default: 'false',
    shapes: false,
    doc: 'Accept a master whose URL begins with http://.',
  },
  proxy: {
    type: 'url',
    schemes: ['http', 'https', 'socks5', 'socks5h', 'socks4', 'socks4a', 'socks'],
    default: '',
    shapes: false,
    doc:
      'Proxy for all requests; if empty, the first of SOCKS5_PROXY, SOCKS4_PROXY, SOCKS_PROXY, ' +
      'HTTPS_PROXY, HTTP_PROXY and ALL_PROXY in the environment.',
  },
  'download-mirror': {
    type: 'url',
    schemes: ['https', 'http'],
    default: '',
    shapes: false,
    doc: 'Another mirror that release files are fetched from first.',
  },
  'download-mirror-no-fallback': {
    type: 'boolean',
    default: 'false',
    shapes: false,
    doc: 'Never fetch release files from anywhere but the download-mirror.',
  },
  'api-method': {
    type: 'choice',
    choices: ['auto', 'simple', 'xmlrpc'],
    default: 'auto',
    added: true,
    shapes: false,
    doc: 'How to ask what changed: by the list of all projects (simple), the changelog (xmlrpc), or the better.',
  },
  metadata: {
    type: 'choice',
    choices: ['auto', 'json', 'simple'],
    default: 'auto',
    added: true,
    shapes: 'documents',
    doc: "Where a project's metadata comes from: the JSON API, the Simple API, or the best the master has.",
  },
  'bandwidth-limit': {
    type: 'bandwidth',
    default: '',
    added: true,
    shapes: false,
    doc:
      'Bytes a second for all requests together, such as `20M`, or a timetable in local time: `08:00-18:00 5M, 50M`. ' +
      'Empty for no limit.',
  },
  contact: {
    type: 'text',
    // RFC 9110, 5.6.5: brackets and backslashes nest or escape in a comment.
    pattern: {
      test: /^(?=.{1,200}$)[!-'*-[\]-~]+(?: [!-'*-[\]-~]+)*$/,
      words: 'a mail address or URL: ASCII without ( ) and \\, 200 characters at most',
    },
    default: '',
    added: true,
    shapes: false,
    doc: 'Mail address or URL for whoever runs the master, added to the User-Agent.',
  },
  timeout: {
    type: 'number',
    min: 0,
    default: '10',
    shapes: false,
    doc: 'Seconds that connecting, and waiting for more data, may take; 0 for no limit.',
  },
  'global-timeout': {
    type: 'number',
    min: 0,
    default: '1800',
    shapes: false,
    doc: 'Seconds that one request may take as a whole; 0 for five hours.',
  },
} as const satisfies Readonly<Record<string, MirrorOptionSpec>>
