import { readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { deleteCommand } from '../../src/commands/delete.js'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { EXIT } from '../../src/errors.js'
import { serveIndex, smallIndex } from '../e2e/support.js'
import type { Upstream } from '../e2e/support.js'
import { answerWith } from '../helpers/index/answer.js'
import { toJson } from '../helpers/index/json.js'
import { projectJson } from '../helpers/index/project-json.js'
import { bench } from './support.js'
import type { Bench } from './support.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }

/** Lets project `two` list the file of project `one`, too. */
function share({ index }: Upstream): void {
  const [file] = index.projects.get('one')?.releases.get('1.0')?.files ?? []
  if (file === undefined) throw new Error('one has no file')
  index.publish('two', '2.0', [file])
}

function wheelOfOne({ mirror }: Bench): Buffer | undefined {
  const packages = join(mirror, 'web/packages')
  const found = readdirSync(packages, { recursive: true, encoding: 'utf8' }).find((path) =>
    /\/one-1\.0.*\.whl$/.test(path),
  )
  return found === undefined ? undefined : readFileSync(join(packages, found))
}

it('the file of a removed project stays while the page of another project names it', async () => {
  const upstream = await serveIndex(smallIndex(['one', 'two']))
  const at = bench(upstream.url)
  onTestFinished(() => rmSync(at.directory, { recursive: true, force: true }))
  share(upstream)
  expect(await mirrorCommand(at.setting, PLAIN)).toBe(EXIT.ok)
  expect(await deleteCommand(at.setting, ['one'], { dryRun: false })).toBe(EXIT.ok)
  expect(at.logged()).toContain('stays: the page of two names it, too')
  expect(at.logged()).toMatch(/delete done after [\d.]+ s: 1 project removed, /)
  expect(wheelOfOne(at)).toBeDefined()
  expect(await deleteCommand(at.setting, ['two'], { dryRun: false })).toBe(EXIT.ok)
  expect(wheelOfOne(at)).toBeUndefined()
})

it('a project that claims the file of another one with a false digest does not touch it', async () => {
  let lies = false
  const index = smallIndex(['one'])
  const upstream = await serveIndex(index, {
    onRequest: ({ path, base }) => {
      const project = lies && path === '/pypi/two/json' ? index.projects.get('two') : undefined
      if (project === undefined) return 'pass'
      const text = toJson(projectJson(project, base))
      const type = { 'content-type': 'application/json', 'x-pypi-last-serial': String(project.serial) }
      return answerWith(200, type, text.replace(/"sha256": ?"[0-9a-f]+"/g, `"sha256":"${'0'.repeat(64)}"`))
    },
  })
  const at = bench(upstream.url, 'simple-api-version = 1.1\n')
  onTestFinished(() => rmSync(at.directory, { recursive: true, force: true }))
  expect(await mirrorCommand(at.setting, PLAIN)).toBe(EXIT.ok)
  const before = wheelOfOne(at)
  share(upstream)
  lies = true
  expect(await mirrorCommand(at.setting, PLAIN)).toBe(EXIT.incomplete)
  expect(at.logged()).toContain('has other digests in one, whose page names the same file: it is left as one has it')
  expect(wheelOfOne(at)).toEqual(before)
})
