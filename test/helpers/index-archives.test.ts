import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { indexFromDirectory, readArchive } from './index/archive.js'
import { parseCoreMetadata } from './index/core-metadata.js'
import { sdist, wheel } from './index/distribution.js'
import { FIXTURE_APP, fixtureIndex } from './index/fixture.js'
import { generatedFile, generateIndex } from './index/generate.js'
import { createPackageIndex } from './index/package-index.js'
import { importInstalled, pipInstall, readsCoreMetadata } from './index/pip.js'
import { startIndex } from './index/server.js'
import { answerCall } from './index/xmlrpc.js'

const python = 'python3'
let directory = ''

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'index-archives-'))
})
afterEach(() => {
  rmSync(directory, { recursive: true, force: true })
})

function write(path: string, bytes: Buffer | string): void {
  mkdirSync(join(directory, path, '..'), { recursive: true })
  writeFileSync(join(directory, path), bytes)
}

it('reads its own archives back', () => {
  const distribution = {
    name: 'Some.Thing',
    version: '1.0',
    summary: 'Ünïcode',
    description: 'Text\n\nmore',
    requiresDist: ['a', 'b>1'],
  }
  for (const upload of [wheel(distribution), sdist(distribution)]) {
    write(upload.filename, upload.body.read(0, upload.body.size))
    const read = readArchive(join(directory, upload.filename))
    expect(read).toMatchObject({ filename: upload.filename, metadata: upload.metadata })
    const { one, all, description } = parseCoreMetadata(read.metadata)
    expect([one('name'), one('summary'), one('license'), all('Requires-Dist'), description]).toEqual([
      'Some.Thing',
      'Ünïcode',
      null,
      ['a', 'b>1'],
      'Text\n\nmore',
    ])
  }
})

it('reads fields that go on over several lines', () => {
  const lines = ['Name: x', 'License: one', '        two', 'Author: UNKNOWN', 'Description: a', '       |b', '']
  const { one, description } = parseCoreMetadata(Buffer.from(lines.join('\r\n')))
  expect([one('License'), one('Author'), description]).toEqual(['one\ntwo', null, 'a\nb'])
})

it('makes an index of a directory', () => {
  const put = (folder: string, { filename, body }: ReturnType<typeof sdist>): void =>
    write(join(folder, filename), body.read(0, body.size))
  const requiresDist = ['c; python_version < "4"', 'd; extra == "x"', 'gone']
  put('files', wheel({ name: 'A.b', version: '1.0', requiresDist }))
  put('files/more', sdist({ name: 'C', version: '2.0', requiresDist: ['A-b[x]'] }))
  put('other', sdist({ name: 'd', version: '0.1' }))
  put('again', sdist({ name: 'd', version: '0.1' }))
  write('broken-1.0-py3-none-any.whl', 'no archive')
  write('no_metadata-1.0.zip', Buffer.from('504b0506000000000000000000000000000000000000', 'hex'))
  write('README.txt', 'not a package')
  const { index, skipped } = indexFromDirectory(directory)
  const found = [...index.projects.values()].map(({ name, releases }) => [
    name,
    ...[...releases.values()].flatMap(({ files }) => files.map(({ filename }) => filename)),
  ])
  expect(found.sort()).toEqual([
    ['A.b', 'a_b-1.0-py3-none-any.whl'],
    ['C', 'c-2.0.tar.gz'],
    ['d', 'd-0.1.tar.gz'],
  ])
  expect(skipped.map(({ reason }) => reason)).toEqual(['no zip archive', 'no core metadata in no_metadata-1.0.zip'])
})

it('reads archives that Python made', () => {
  const code = `
import io, sys, tarfile, zipfile
metadata = b"Metadata-Version: 2.1\\nName: made\\nVersion: 1.0\\n\\n" + b"long text\\n" * 10000
with zipfile.ZipFile("made-1.0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.comment = b"a comment"
    archive.writestr("made/__init__.py", "")
    archive.writestr("made-1.0.dist-info/METADATA", metadata)
for kind, form in ("pax", tarfile.PAX_FORMAT), ("gnu", tarfile.GNU_FORMAT):
    with tarfile.open("made_%s-1.0.tar.gz" % kind, "w:gz", format=form) as archive:
        for path in ["made-1.0/" + "deep/" * 40 + "ü.py", "made-1.0/made.egg-info/PKG-INFO", "made-1.0/PKG-INFO"]:
            member = tarfile.TarInfo(path)
            member.size = len(metadata)
            archive.addfile(member, io.BytesIO(metadata))
`
  execFileSync(python, ['-c', code], { cwd: directory })
  for (const filename of ['made-1.0-py3-none-any.whl', 'made_pax-1.0.tar.gz', 'made_gnu-1.0.tar.gz']) {
    const { metadata } = readArchive(join(directory, filename))
    expect([metadata.length, parseCoreMetadata(metadata).one('Name')]).toEqual([100_047, 'made'])
  }
})

it('builds what pip installs: wheels, and sdists without a build backend at hand', async () => {
  const upstream = await startIndex(fixtureIndex())
  try {
    const wanted = { python, indexUrl: `${upstream.url}/simple`, target: directory, packages: [`${FIXTURE_APP}[big]`] }
    const { code, output } = await pipInstall(wanted)
    const installed = ['app-1.1', 'bare-0.1', 'big-1.0', 'compat-1.0', 'core-1.1', 'lib-1.1', 'sdist-only-3.0.post1']
    for (const release of installed) expect(output).toContain(` demo-${release}`)
    expect(code).toBe(0)
    expect(upstream.count(/demo_lib.*\.metadata$/)).toBe((await readsCoreMetadata(python)) ? 1 : 0)
    const packages = [FIXTURE_APP, 'demo-big', 'demo-sdist-only']
    expect(await importInstalled({ python, target: directory, packages })).toMatchObject({ code: 0 })
    const env = { ...process.env, PYTHONPATH: directory }
    const ran = execFileSync(join(directory, 'bin', 'demo-app'), { env, encoding: 'utf8' })
    expect(ran).toContain('demo_core 1.1\ndemo_lib 1.1\n')
  } finally {
    await upstream.close()
  }
})

it('builds the fixture the same on every machine', () => {
  const hash = createHash('sha256')
  for (const project of fixtureIndex().projects.values()) {
    for (const release of project.releases.values()) {
      for (const file of release.files) hash.update(`${file.filename} ${file.digests().sha256}\n`)
    }
  }
  expect(hash.digest('hex')).toMatchInlineSnapshot(`"6ce1e063f62687dce95c22290e905d045037f9bf5f99082003b2c1db977b29c6"`)
})

it('generates the same index from the same seed', () => {
  const options = { projects: 300, filesPerProject: [1, 4], sizes: [10, 20_000], seed: 7 } as const
  const changelogs = [options, options, { ...options, seed: 8 }].map((each) => generateIndex(each).changelog)
  const [first, second, other] = changelogs
  expect(first).toEqual(second)
  expect(first).not.toEqual(other)
  const { body } = generatedFile('a', '1', { wheel: false, size: 20_000 })
  expect(body.read(5000, 9000)).toEqual(body.read(0, 20_000).subarray(5000, 9000))
})

it('gives at most 50,000 rows of the changelog at once', () => {
  const index = createPackageIndex({ firstSerial: 1 })
  for (let i = 0; i < 25_001; i++) index.create(`p${i}`)
  const rows = answerCall(index, '<methodName>changelog_since_serial</methodName><value><int>0</int></value>')
  expect(rows.match(/<nil\/>/g)).toHaveLength(50_000)
})
