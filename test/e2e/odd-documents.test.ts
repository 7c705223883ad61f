import { describe, expect, it } from 'vitest'
import { answerWith } from '../helpers/index/index.js'
import type { PackageIndex } from '../helpers/index/index.js'
import { toJson } from '../helpers/index/json.js'
import { projectJson } from '../helpers/index/project-json.js'
import { createMirror, listedNames, pageFiles, publish, serveIndex, smallIndex } from './support.js'

interface Document {
  releases?: Record<string, Record<string, unknown>[]>
}

/** Serves the index with its metadata documents changed on the way. */
function changing(index: PackageIndex, change: (document: Document) => void): ReturnType<typeof serveIndex> {
  return serveIndex(index, {
    onRequest: ({ path, base }) => {
      const name = /^\/pypi\/([^/]+)\/json$/.exec(path)?.[1] ?? ''
      const project = index.projects.get(name)
      if (project === undefined) return 'pass'
      const document = JSON.parse(toJson(projectJson(project, base))) as Document
      change(document)
      return answerWith(200, { 'x-pypi-last-serial': String(project.serial) }, JSON.stringify(document))
    },
  })
}

describe('documents without releases', () => {
  it.each(['1.1', '1.4'])('take their files from the page; simple API %s', async (version) => {
    const index = smallIndex(['alpha'])
    const upstream = await changing(index, (document) => delete document.releases)
    const mirror = createMirror(upstream.url, `json = true\nsimple-api-version = ${version}\n`)
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(listedNames(mirror)).toEqual(['alpha'])
    expect(pageFiles(mirror, 'alpha')).toHaveLength(1)
    publish(index, { name: 'alpha', version: '2.0' })
    expect(await mirror.run()).toMatchObject({ code: 0 })
    expect(pageFiles(mirror, 'alpha')).toHaveLength(2)
  })
})

describe('digests of one file', () => {
  it.each([
    ['in upper case', (digests: Record<string, string>) => ({ sha256: digests['sha256']?.toUpperCase() }), 2],
    ['md5 alone', (digests: Record<string, string>) => ({ md5: digests['md5'] }), 2],
    ['none', () => ({}), 1],
    ['one that is not hex', () => ({ sha256: 'not hex' }), 1],
  ])('%s: the project is mirrored', async (_, change, files) => {
    const index = smallIndex(['alpha'])
    publish(index, { name: 'alpha', version: '2.0' })
    const upstream = await changing(index, (document) => {
      const [file] = document.releases?.['1.0'] ?? []
      if (file !== undefined) file['digests'] = change(file['digests'] as Record<string, string>)
    })
    const mirror = createMirror(upstream.url)
    const { code, log } = await mirror.run()
    expect(code).toBe(0)
    expect(pageFiles(mirror, 'alpha')).toHaveLength(files)
    expect(log.includes('refusing a release file')).toBe(files === 1)
  })
})
