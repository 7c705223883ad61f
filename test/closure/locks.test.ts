import { describe, expect, it } from 'vitest'
import { readBuildRequires } from '../../src/closure/locks/build-system.js'
import { matchLocked } from '../../src/closure/locks/match.js'
import { readLockFile } from '../../src/closure/locks/read.js'
import type { LockContent, LockedPackage } from '../../src/closure/locks/types.js'
import { LockFileError } from '../../src/closure/locks/types.js'
import { oracleCases } from '../helpers/oracle.js'

interface Case {
  name: string
  files: Record<string, string>
  packages: unknown[]
  warnings: { kind: string; package: string | null; line?: number; file?: string }[]
  error: { kind: string; line?: number } | null
}

const cases = oracleCases('locks') as Case[]

function reader(files: Record<string, string | Buffer>): (path: string) => Buffer | undefined {
  return (path) => (files[path] === undefined ? undefined : Buffer.from(files[path]))
}

function read(files: Record<string, string | Buffer>): LockContent | LockFileError {
  try {
    return readLockFile(Object.keys(files)[0] ?? '', reader(files))
  } catch (error) {
    if (error instanceof LockFileError) return error
    throw error
  }
}

function shown({ name, version, files, marker, extras, specifier, index }: LockedPackage): unknown {
  return {
    ...{ name, version: version ?? null },
    files: files.map((file) => ({
      ...{ name: file.name, hashes: Object.fromEntries(file.hashes) },
      ...(file.size === undefined ? {} : { size: file.size }),
    })),
    ...(marker === undefined ? {} : { marker }),
    ...(extras.length === 0 ? {} : { extras }),
    ...(specifier === undefined ? {} : { specifier }),
    ...(index === undefined ? {} : { index }),
  }
}

const packages = (content: LockContent | LockFileError): unknown[] => {
  if (content instanceof LockFileError) throw content
  return content.packages.map(shown)
}

const warnings = (content: LockContent | LockFileError): string[] => {
  if (content instanceof LockFileError) throw content
  return content.warnings.map(({ kind, package: name, line }) => `${kind} ${name ?? '-'} ${line ?? '-'}`)
}

describe('lock files', () => {
  it.each(cases.map((one) => [one.name, one] as const))(
    '%s',
    (_, { files, packages: expected, warnings: told, error }) => {
      const got = read(files)
      if (error !== null) {
        expect(got).toMatchObject({ kind: error.kind })
        if (got instanceof LockFileError && got.place.line !== undefined && error.line !== undefined) {
          expect(got.place.line).toBe(error.line)
        }
        return
      }
      expect(packages(got)).toEqual(expected)
      const first = Object.keys(files)[0]
      const found = got instanceof LockFileError ? [] : got.warnings
      expect(
        found.map(({ kind, package: name, line, file }) => ({
          kind,
          package: name ?? null,
          line,
          ...(file === first ? {} : { file }),
        })),
      ).toEqual(told)
    },
  )
})

describe('uv.lock', () => {
  const wheel = `{ url = "https://files.pythonhosted.org/a/foo-1.0-py3-none-any.whl", hash = "sha256:${'a'.repeat(64)}" }`
  const lock = (body: string): Record<string, string> => ({ 'uv.lock': `version = 1\n[[package]]\n${body}` })
  const registry = 'source = { registry = "https://pypi.org/simple" }'

  it.each([
    [
      'a name that is none',
      `name = "-"\nversion = "1.0"\n${registry}\nwheels = [${wheel}]`,
      'uv.lock:2: "-" is not the name of a project',
    ],
    ['a number for a name', `name = 1\nversion = "1.0"\n${registry}`, 'uv.lock:2: name is not a text'],
    ['no version', `name = "foo"\n${registry}`, 'uv.lock:2: version is missing'],
    [
      'a file of another project',
      `name = "bar"\nversion = "1.0"\n${registry}\nwheels = [${wheel}]`,
      'uv.lock:2: "foo-1.0-py3-none-any.whl" is not a file of bar 1.0',
    ],
    [
      'a short digest',
      `name = "foo"\nversion = "1.0"\n${registry}\nwheels = [${wheel.replace('aaaa', '')}]`,
      /uv.lock:2: "a+" is not a digest of sha256/,
    ],
    [
      'a source that is not known',
      'name = "foo"\nsource = { moon = "x" }',
      'uv.lock:2: the source of foo is not known: moon',
    ],
    ['half a file', `name = "foo"\nversion = "1.0`, /uv.lock:4: /],
    ['a bomb', `name = ${'['.repeat(100_000)}`, /uv.lock(:\d+)?: /],
  ])('is refused with %s', (_, body, message) => {
    const got = read(lock(body))
    expect(got).toBeInstanceOf(LockFileError)
    expect(got instanceof LockFileError && got.message).toMatch(message)
  })

  it('tells lines of entries whatever strings and comments stand before them', () => {
    const text = `version = 1\ntext = """\n[[package]]\n\\""" """\nliteral = '''\n[[package]] # '''\n# [[package]]\nlist = [\n  [["package"]]\n]\n`
    const entry = `[[ "package" ]]\nname = "foo"\nversion = "1.0"\nsource = { git = "x" }\n`
    expect(warnings(read({ 'uv.lock': text + entry + entry }))).toEqual(['vcs foo 11', 'vcs foo 15'])
  })

  it('names an entry that is repeated', () => {
    const entry = `name = "foo"\nversion = "1.0"\n${registry}\nwheels = [${wheel}]\n`
    const got = read(lock(`${entry}[[package]]\n${entry}`))
    expect([packages(got).length, warnings(got)]).toEqual([1, ['duplicate foo 7']])
  })
})

describe('poetry.lock and pdm.lock of older versions', () => {
  const file = `{file = "foo-1.0.tar.gz", hash = "sha256:${'a'.repeat(64)}"}`
  it('list the files in their metadata', () => {
    const poetry = `[[package]]\nname = "foo"\nversion = "1.0"\n[metadata]\nlock-version = "1.1"\n[metadata.files]\nfoo = [${file}]\n`
    expect(packages(read({ 'poetry.lock': poetry }))).toMatchObject([{ files: [{ name: 'foo-1.0.tar.gz' }] }])
    const pdm = `[[package]]\nname = "foo"\nversion = "1.0"\n[metadata]\nlock_version = "4.1"\n[metadata.files]\n"foo 1.0" = [${file}]\n`
    expect(packages(read({ 'pdm.lock': pdm }))).toMatchObject([{ files: [{ name: 'foo-1.0.tar.gz' }] }])
  })

  it('warn of a minor version that is newer', () => {
    expect(warnings(read({ 'poetry.lock': '[metadata]\nlock-version = "2.9"\n' }))).toEqual(['newer-version - 2'])
    expect(warnings(read({ 'pdm.lock': '[metadata]\nlock_version = "4.9"\n' }))).toEqual(['newer-version - 2'])
  })
})

describe('requirements files', () => {
  const of = (text: string | Buffer, more: Record<string, string> = {}): LockContent | LockFileError =>
    read({ 'r.txt': text, ...more })

  it('are joined, stripped of comments and split as pip does', () => {
    // A backslash at the end of a comment within a line goes on with the comment; a comment line ends the sequence.
    expect(packages(of('a==1 # x\nb \\\n  >= 2 # y\\\nc\nd\\\n# z\\\ne'))).toMatchObject([
      { name: 'a', version: '1' },
      { name: 'b', specifier: '>=2' },
      { name: 'd', specifier: '' },
      { name: 'e' },
    ])
  })

  it('are read with a byte order mark and in UTF-16', () => {
    expect(packages(of('\ufeffa==1\r\nb'))).toMatchObject([{ name: 'a' }, { name: 'b' }])
    expect(packages(of(Buffer.from('\ufeffa==1\nb', 'utf16le')))).toMatchObject([{ name: 'a' }, { name: 'b' }])
    expect(of(Buffer.from([0x61, 0xff]))).toMatchObject({
      kind: 'syntax',
      message: expect.stringContaining('r.txt: not utf-8 text') as string,
    })
  })

  it('name places that a mirror does not serve', () => {
    const text = [
      'git+https://h.example/x.git#egg=X_y',
      'https://h.example/foo-1.0-py3-none-any.whl ; python_version > "3"',
      'file:///d/bar-1.0.tar.gz',
      './lib[extra]',
      '-e .',
      '--editable=../z#egg=zed',
      '-r https://h.example/r.txt',
      '-c nowhere.txt',
    ].join('\n')
    expect(warnings(of(text))).toEqual([
      ...['vcs x-y 1', 'url foo 2', 'path bar 3', 'directory - 4', 'editable - 5', 'editable zed 6'],
      ...['missing-file - 7', 'missing-file - 8'],
    ])
  })

  it('name options that a mirror does not follow, and refuse those that pip does not know', () => {
    const text =
      '-i https://pypi.org/simple/\n--extra-index https://h.example\n--no-binary :all:\n--pre\n--require-hashes\n--trusted-host h\n'
    expect(warnings(of(text))).toEqual(['option - 2', 'option - 3', 'option - 4'])
    expect(of('a\n--frobnicate x\n')).toMatchObject({
      kind: 'requirement',
      message: 'r.txt:2: pip does not know the option --frobnicate',
    })
  })

  it('look for other files beside the one that names them', () => {
    const files = { 'dir/r.txt': '-r sub/s.txt\n', 'dir/sub/s.txt': '-r ../t.txt\na', 'dir/t.txt': 'b' }
    expect(packages(read(files))).toMatchObject([{ name: 'b' }, { name: 'a' }])
    expect(read({ 'dir/r.txt': '-r sub/s.txt', 'dir/sub/s.txt': 'a\n-c ../r.txt' })).toMatchObject({
      kind: 'cycle',
      message: 'dir/sub/s.txt:2: dir/r.txt is read within itself',
    })
  })

  it('take no weak hashes', () => {
    expect(of(`a==1 --hash=md5:${'a'.repeat(32)}`)).toMatchObject({ kind: 'hash' })
    expect(of('a==1 --hash')).toMatchObject({ kind: 'hash' })
  })
})

describe('a locked package', () => {
  const [sha256, other] = ['a'.repeat(64), 'b'.repeat(64)]
  const releases = [
    {
      version: '1.0',
      files: [
        { filename: 'a-1.0.tar.gz', digests: new Map([['sha256', sha256]]) },
        { filename: 'a-1.0.zip', digests: new Map([['sha256', other]]) },
      ],
    },
  ]
  const locked = (name: string | null, hashes: [string, string][], version = '1'): Omit<LockedPackage, 'place'> => ({
    ...{ name: 'a', version, marker: undefined, extras: [], specifier: undefined, index: undefined },
    files: [{ name, hashes: new Map(hashes), size: undefined }],
  })

  it('is matched with the files upstream by name and digest, or by digest', () => {
    const kept = { version: '1.0', files: ['a-1.0.tar.gz'], problems: [] }
    expect(matchLocked(locked('a-1.0.tar.gz', [['sha256', sha256]]), releases)).toEqual(kept)
    expect(matchLocked(locked('a-1.0.tar.gz', []), releases)).toEqual(kept)
    expect(matchLocked(locked(null, [['sha256', sha256]]), releases)).toEqual(kept)
    expect(matchLocked({ ...locked(null, []), files: [] }, releases).files).toEqual(['a-1.0.tar.gz', 'a-1.0.zip'])
  })

  it('is refused where upstream has another digest, or nothing', () => {
    const kinds = (one: Omit<LockedPackage, 'place'>): string[] =>
      matchLocked(one, releases).problems.map(({ kind }) => kind)
    expect(kinds(locked('a-1.0.tar.gz', [['sha256', other]]))).toEqual(['digest'])
    expect(kinds(locked('a-1.0.tar.gz', [['sha512', 'cc']]))).toEqual(['not-comparable'])
    expect(kinds(locked('a-1.0.whl', [['sha256', sha256]]))).toEqual(['no-file'])
    expect(kinds(locked(null, [['sha256', 'cc']]))).toEqual(['no-file'])
    expect(kinds(locked(null, [], '2'))).toEqual(['no-version'])
  })
})

describe('build requirements', () => {
  const of = (text: string): string[] => readBuildRequires(Buffer.from(text), 'pyproject.toml')

  it('are those of pyproject.toml, else setuptools', () => {
    expect(of('[build-system]\nrequires = ["flit_core >=3"]\n')).toEqual(['flit_core >=3'])
    expect(of('[build-system]\nrequires = []\n')).toEqual([])
    expect([of('[project]\nname = "x"\n'), readBuildRequires(undefined, '')]).toEqual([
      ['setuptools>=40.8.0'],
      ['setuptools>=40.8.0'],
    ])
    expect(() => of('[build-system')).toThrow(/^pyproject\.toml:1: /)
  })
})
