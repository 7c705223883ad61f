import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { FileSpec } from '../../../src/model/files.js'
import { carriesName, namesakes } from '../../../src/mirror/project/owners.js'
import { ownedKeys, removeFiles, removeProject, removeServed } from '../../../src/mirror/project/remove.js'
import { mayReplace } from '../../../src/mirror/project/vouch.js'
import { engine } from '../../helpers/engine.js'
import type { Engine } from '../../helpers/engine.js'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const KEY = (filename: string): string => `web/packages/aa/bb/${filename}`

/** A JSON page that names files with these bytes. */
const page = (files: Record<string, string>): string =>
  JSON.stringify({
    files: Object.entries(files).map(([filename, body]) => ({
      filename,
      url: `../../packages/aa/bb/${filename}`,
      hashes: { sha256: sha256(body) },
      'core-metadata': { sha256: sha256(`metadata of ${body}`) },
    })),
  })

interface Scene {
  /** project -> filename -> bytes that its page promises */
  readonly pages: Readonly<Record<string, Record<string, string>>>
  /** filename -> bytes that are stored */
  readonly stored?: Readonly<Record<string, string>>
  readonly foreignKnown?: boolean
  readonly mirror?: string
}

async function scene({ pages, stored = {}, foreignKnown = false, mirror = '' }: Scene): Promise<Engine> {
  const run = await engine({ mirror })
  const ledger = await run.ledger()
  for (const [name, files] of Object.entries(pages)) {
    await run.storage.write(`web/simple/${name}/index.v1_json`, page(files))
    ledger.set(name, { serial: 1, shape: 'a' })
  }
  for (const [filename, body] of Object.entries(stored)) await run.storage.write(KEY(filename), body)
  if (foreignKnown) await run.storage.write('.bandersnatch/state.json', '{"foreignKnown": true}')
  return run
}

describe('the names that a file may carry', () => {
  it.each([
    ['a-1.0.tar.gz', ['a']],
    ['a-b-1.0.tar.gz', ['a', 'a-b']],
    ['Foo_Bar-1.0-py3-none-any.whl', ['foo-bar', 'foo-bar-1-0', 'foo-bar-1-0-py3', 'foo-bar-1-0-py3-none']],
    ['plain', []],
    ['-1', []],
  ])('%s', (filename, names) => {
    expect(namesakes(filename)).toEqual(names)
    for (const name of names) expect(carriesName(filename, name)).toBe(true)
    expect(carriesName(filename, 'other')).toBe(false)
  })
})

describe('the owners of a file', () => {
  it('are the namesakes and those of foreign files whose pages name it', async () => {
    const run = await scene({
      pages: {
        a: { 'a-b-1.tar.gz': 'x' },
        'a-b': { 'a-b-1.tar.gz': 'x' },
        foreign: { 'a-b-1.tar.gz': 'x' },
        c: { 'c-1.tar.gz': 'x' },
      },
    })
    expect(run.owners.scanned()).toBe(false)
    expect(await run.owners.others(KEY('a-b-1.tar.gz'), 'a')).toEqual(['a-b', 'foreign'])
    expect(await run.owners.others(KEY('a-b-1.tar.gz.metadata'), 'a-b')).toEqual(['a', 'foreign'])
    expect(await run.owners.others(KEY('a-b-2.tar.gz'), 'a')).toEqual([])
    expect(run.owners.scanned()).toBe(true)
    expect((await run.ledger()).get('foreign')).toEqual({ serial: 1, shape: 'a', foreign: true })
    expect((await run.ledger()).get('c')).toEqual({ serial: 1, shape: 'a' })
  })

  it('are looked for in the ledger alone where it knows them', async () => {
    const pages = { foreign: { 'a-1.tar.gz': 'x' }, unknown: { 'a-1.tar.gz': 'x' } }
    const run = await scene({ pages, foreignKnown: true })
    const ledger = await run.ledger()
    ledger.set('foreign', { serial: 1, shape: 'a', foreign: true })
    ledger.set('absent', { serial: 1, shape: 'a', foreign: true, absent: 'gone' })
    expect(await run.owners.others(KEY('a-1.tar.gz'), 'a')).toEqual(['foreign'])
  })

  it('follow what a run writes', async () => {
    const run = await scene({ pages: { one: { 'a-1.tar.gz': 'x' }, two: { 'two-1.tar.gz': 'x' } } })
    expect(await run.owners.others(KEY('a-1.tar.gz'), 'a')).toEqual(['one'])
    run.owners.note('one', false)
    run.owners.note('two', true)
    await run.storage.write('web/simple/two/index.v1_json', page({ 'a-1.tar.gz': 'x' }))
    await Promise.resolve()
    expect(await run.owners.others(KEY('a-1.tar.gz'), 'a')).toEqual(['two'])
  })
})

describe('mayReplace', () => {
  const spec = (filename: string): FileSpec => ({
    key: KEY(filename),
    urls: [],
    filename,
    size: 3,
    digest: { name: 'sha256', hex: sha256('new') },
    uploadTime: undefined,
    kind: filename.endsWith('.metadata') ? 'metadata' : 'release',
  })

  async function asking(run: Engine, filename: string, name: string): Promise<readonly [string | undefined, string[]]> {
    const disturbed = new Set<string>()
    const reason = await mayReplace(run, spec(filename), { name, disturbed })
    return [reason, [...disturbed]]
  }

  it('what nobody else names', async () => {
    const run = await scene({ pages: { a: { 'a-1.tar.gz': 'new' } }, stored: { 'a-1.tar.gz': 'old' } })
    expect(await asking(run, 'a-1.tar.gz', 'a')).toEqual([undefined, []])
  })

  it('not what another page vouches for, where the file carries the other name', async () => {
    const run = await scene({ pages: { a: { 'a-1.tar.gz': 'old' } }, stored: { 'a-1.tar.gz': 'old' } })
    const [reason, disturbed] = await asking(run, 'a-1.tar.gz', 'thief')
    expect(reason).toMatch(/has other digests in a, whose page names the same file/)
    expect(disturbed).toEqual([])
  })

  it('not either where it carries both names, or neither', async () => {
    const both = await scene({ pages: { 'a-b': { 'a-b-1.tar.gz': 'old' } }, stored: { 'a-b-1.tar.gz': 'old' } })
    expect((await asking(both, 'a-b-1.tar.gz', 'a'))[0]).toBeDefined()
    const neither = await scene({ pages: { one: { 'a-1.tar.gz': 'old' } }, stored: { 'a-1.tar.gz': 'old' } })
    expect((await asking(neither, 'a-1.tar.gz', 'two'))[0]).toBeDefined()
  })

  it('what carries the own name and not the other: the other project is made again', async () => {
    const run = await scene({ pages: { one: { 'a-1.tar.gz': 'old' } }, stored: { 'a-1.tar.gz': 'old' } })
    expect(await asking(run, 'a-1.tar.gz', 'a')).toEqual([undefined, ['one']])
  })

  it('what is not what the other page promises', async () => {
    const run = await scene({ pages: { a: { 'a-1.tar.gz': 'other' } }, stored: { 'a-1.tar.gz': 'old' } })
    expect(await asking(run, 'a-1.tar.gz', 'thief')).toEqual([undefined, []])
  })

  it('core metadata under the same rule', async () => {
    const stored = { 'a-1.tar.gz.metadata': 'metadata of old' }
    const run = await scene({ pages: { a: { 'a-1.tar.gz': 'old' } }, stored })
    expect((await asking(run, 'a-1.tar.gz.metadata', 'thief'))[0]).toMatch(
      /a-1\.tar\.gz\.metadata has other digests in a/,
    )
  })
})

describe('removal', () => {
  it('keeps a file that another page names', async () => {
    const stored = { 'a-1.tar.gz': 'x', 'a-2.tar.gz': 'x' }
    const run = await scene({ pages: { a: stored, other: { 'a-2.tar.gz': 'x' } }, stored })
    const keys = await ownedKeys(run, 'a')
    expect(keys.sort()).toEqual(['a-1.tar.gz', 'a-1.tar.gz.metadata', 'a-2.tar.gz', 'a-2.tar.gz.metadata'].map(KEY))
    expect(await removeFiles(run, { name: 'a', keys, pruneParents: 'all' })).toBe(1)
    expect(run.report.filesRemoved).toBe(1)
    expect(run.keys(/packages/)).toEqual([KEY('a-2.tar.gz')])
    expect(run.lines).toContainEqual(expect.stringMatching(/a-2\.tar\.gz stays: the page of other names it/))
  })

  it.each([
    ['unlist', 1, /its files stay until verify --delete/],
    ['delete', 0, /\(1 file deleted\)/],
  ])('with removed-projects = %s leaves %i files', async (policy, left, line) => {
    const stored = { 'a-1.tar.gz': 'x' }
    const run = await scene({ pages: { a: stored }, stored, mirror: `removed-projects = ${policy}` })
    await run.storage.write('web/json/a', '{}')
    await run.storage.write('web/pypi/a/json', '{}')
    await removeProject(run, { project: 'a', reason: 'it is gone', by: 'upstream' })
    expect(run.keys(/packages/)).toHaveLength(left)
    expect(run.keys(/simple|json|pypi/)).toEqual([])
    expect(run.report.removals).toEqual([{ project: 'a', reason: 'it is gone', by: 'upstream' }])
    expect(run.lines.at(-1)).toMatch(line)
  })

  it('leaves other projects alone that lie in the directory of one letter', async () => {
    const run = await engine()
    for (const key of ['a/index.html', 'a/other', 'a/abc/index.html', 'a/a/index.html']) {
      await run.storage.write(`web/simple/${key}`, 'x')
    }
    await removeServed(run, 'a')
    expect(run.keys()).toEqual(['web/simple/a/abc/index.html', 'web/simple/a/other'])
    const hashed = await engine({ mirror: 'hash-index = true' })
    await hashed.storage.write('web/simple/a/abc/index.html', 'x')
    await hashed.storage.write('web/simple/a/abc/other', 'x')
    await hashed.storage.write('web/simple/a/axe/index.html', 'x')
    await hashed.storage.write('web/json/abc', 'x')
    await removeServed(hashed, 'abc', { documents: false })
    expect(hashed.keys()).toEqual(['web/json/abc', 'web/simple/a/axe/index.html'])
  })
})
