import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../src/config/config-file.js'
import { loadFilters } from '../../src/filters/index.js'
import type { ListEntry } from '../../src/filters/list-entries.js'
import {
  missingVersions,
  pinsIn,
  stillUnknown,
  unknownCount,
  unknownLines,
  unknownNames,
} from '../../src/filters/unknown.js'
import { nearestName } from '../../src/model/nearest-name.js'
import { directoryOf, enabledIn } from './support.js'

async function entriesIn(text: string, files: Record<string, string> = {}): Promise<readonly ListEntry[]> {
  const directory = directoryOf(files)
  const config = parseConfig(text, 'bandersnatch.conf')
  return (await loadFilters(config, enabledIn(config), { directory })).entries
}

const LISTS = `[plugins]
enabled =
  allowlist_project
  project_requirements_pinned
  blocklist_project
[allowlist]
packages =
  # HTTP
  Reqeusts

  flask==3.0  # the web
requirements = req.txt
[blocklist]
packages = evil
`
const REQ = { 'req.txt': '-r other.txt\nreqeusts>=2\nclick==8.99 ; python_version > "3"\nclick==8.*\n' }

const upstream = (...names: string[]): [string, number][] => names.map((name) => [name, 1])

describe('entries of lists', () => {
  it('have the file and the line', async () => {
    const entries = await entriesIn(LISTS, REQ)
    expect(entries.map(({ list, name, text, where }) => [list, name, text, where])).toEqual([
      ['unwanted', 'evil', 'evil', 'bandersnatch.conf:14'],
      ['wanted', 'reqeusts', 'Reqeusts', 'bandersnatch.conf:9'],
      ['wanted', 'flask', 'flask==3.0', 'bandersnatch.conf:11'],
      ['wanted', 'reqeusts', 'reqeusts>=2', 'req.txt:2'],
      ['wanted', 'click', 'click==8.99 ; python_version > "3"', 'req.txt:3'],
      ['wanted', 'click', 'click==8.*', 'req.txt:4'],
    ])
  })
})

describe('what upstream does not have', () => {
  it('is named with the place and what was probably meant', async () => {
    const entries = await entriesIn(LISTS, REQ)
    const names = unknownNames(entries, upstream('Requests', 'requests-oauthlib', 'Flask', 'clink'))
    expect(names).toEqual({ reqeusts: 'requests', click: 'clink' })
    expect(unknownLines({ names, versions: {} }, entries)).toEqual([
      'click (req.txt:3 and 1 more place): upstream has no such project; did you mean clink?',
      'reqeusts (bandersnatch.conf:9 and 1 more place): upstream has no such project; did you mean requests?',
    ])
    expect(unknownNames(entries, upstream('reqeusts', 'flask', 'click'))).toEqual({})
  })

  it('of pinned versions is named with the nearest one', async () => {
    const entries = await entriesIn(LISTS, REQ)
    const flask = missingVersions(pinsIn(entries).get('flask'), ['2.9', '3.1', '2.10', '1.0', 'odd'])
    const click = missingVersions(pinsIn(entries).get('click'), ['9.0'])
    const versions = { flask, click }
    expect(unknownLines({ names: {}, versions }, entries)).toEqual([
      'flask==3.0 (bandersnatch.conf:11): upstream has no such version; the nearest is 2.10',
      'click==8.99 ; python_version > "3" (req.txt:3): upstream has no such version; the nearest is 9.0',
    ])
    expect(missingVersions(pinsIn(entries).get('flask'), ['3.0.0'])).toEqual({})
    expect(missingVersions(pinsIn(entries).get('reqeusts'), [])).toEqual({})
    expect(unknownCount({ names: { a: '' }, versions })).toBe(
      '1 listed project and 2 pinned versions are not on upstream',
    )
    expect(unknownCount({ names: { a: '' }, versions: {} })).toBe('1 listed project is not on upstream')
    expect(unknownCount({ names: {}, versions: {} })).toBeUndefined()
  })

  it('is forgotten where the lists no longer ask for it, or upstream turned out to have it', async () => {
    const entries = await entriesIn(LISTS, REQ)
    const before = {
      names: { reqeusts: 'requests', click: '', gone: '' },
      versions: { flask: { 'flask==3.0': '2.10', 'flask==9': '' }, gone: { 'gone==1': '' } },
    }
    expect(stillUnknown(before, entries, (name) => name === 'click')).toEqual({
      names: { reqeusts: 'requests' },
      versions: { flask: { 'flask==3.0': '2.10' } },
    })
  })
})

describe('nearestName', () => {
  it.each([
    ['reqeusts', 'requests'],
    ['numpyy', 'numpy'],
    ['djagno', 'django'],
    ['scikit-lern', 'scikit-learn'],
    ['zzzzzzzz', undefined],
    ['abc', undefined],
  ])('%s means %s', (name, meant) => {
    expect(nearestName(name, ['requests', 'request-id', 'numpy', 'django', 'scikit-learn', 'abd', name])).toBe(meant)
  })

  it('is fast enough for all of PyPI', () => {
    const names = Array.from({ length: 300_000 }, (_, n) => `project-${n.toString(36)}-name`)
    expect(nearestName('reqeusts', names)).toBeUndefined()
    expect(nearestName('project-4fxx-name', [...names, 'project-4fx-name'])).toMatch(/^project-4fx/)
  })
})
