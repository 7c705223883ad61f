import { expect, it } from 'vitest'
import type { PackageIndex } from '../helpers/index/index.js'
import { createPackageIndex, sdist, wheel } from '../helpers/index/index.js'
import { createMirror, publish, served, serveIndex } from './support.js'

const METHODS = ['auto', 'simple', 'xmlrpc'] as const
const OPTIONS = 'json = true\nremoved-projects = delete\n'

interface Step {
  readonly what: string
  readonly change: (index: PackageIndex) => void
  /** requests below /simple/<name>/, /pypi/ and /packages/ */
  readonly asked: readonly string[]
  /** the changelog says that a project left the list, so that `auto` looks at that too */
  readonly withdraws?: true
  /** the list no longer has it */
  readonly vanishes?: true
  /** its page says that it is in quarantine */
  readonly quarantines?: true
}

const document = (name: string): string[] => [`GET /pypi/${name}/json`, `GET /simple/${name}/`]
const file = (name: string): string => `GET /packages/…/${name}`

const STEPS: readonly Step[] = [
  {
    what: 'a new project',
    change: (index) => publish(index, { name: 'New_Project', version: '1.0' }),
    asked: [
      file('new_project-1.0-py3-none-any.whl'),
      file('new_project-1.0-py3-none-any.whl.metadata'),
      ...document('new-project'),
    ],
  },
  {
    what: 'a new release',
    change: (index) => publish(index, { name: 'New_Project', version: '1.1' }, ['wheel', 'sdist']),
    asked: [
      file('new_project-1.1-py3-none-any.whl'),
      file('new_project-1.1-py3-none-any.whl.metadata'),
      file('new_project-1.1.tar.gz'),
      ...document('new-project'),
    ],
  },
  {
    what: 'a yanked release',
    change: (index) => index.yank('new-project', '1.0', 'it <hurts>'),
    asked: document('new-project'),
  },
  {
    what: 'a release that is yanked no more',
    change: (index) => index.unyank('new-project', '1.0'),
    asked: document('new-project'),
  },
  {
    what: 'a removed file',
    change: (index) => index.removeFile('new-project', 'new_project-1.1.tar.gz'),
    asked: document('new-project'),
  },
  {
    what: 'a removed release',
    change: (index) => index.removeRelease('new-project', '1.1'),
    asked: document('new-project'),
  },
  {
    what: 'a deleted project',
    change: (index) => index.deleteProject('new-project'),
    asked: document('new-project'),
    withdraws: true,
    vanishes: true,
  },
  {
    what: 'a project in quarantine',
    change: (index) => index.quarantine('stays'),
    asked: document('stays'),
    withdraws: true,
    vanishes: true,
    quarantines: true,
  },
  {
    what: 'a project out of quarantine',
    change: (index) => index.unquarantine('stays'),
    asked: [
      file('stays-1.0-py3-none-any.whl'),
      file('stays-1.0-py3-none-any.whl.metadata'),
      file('stays-1.0.tar.gz'),
      ...document('stays'),
    ],
  },
  {
    what: 'an archived project, at its next change',
    change: (index) => {
      index.archive('stays')
      index.yank('stays', '1.0')
    },
    asked: document('stays'),
  },
  { what: 'a name in another case', change: (index) => index.rename('STAYS'), asked: document('stays') },
  {
    what: 'a name that somebody else takes over',
    change: (index) => {
      const theirs = { name: 'stays', version: '0.1' }
      index.transfer('stays', '0.1', [wheel(theirs), sdist(theirs)], 'somebody else')
    },
    asked: [
      file('stays-0.1-py3-none-any.whl'),
      file('stays-0.1-py3-none-any.whl.metadata'),
      file('stays-0.1.tar.gz'),
      ...document('stays'),
    ],
    withdraws: true,
  },
  { what: 'nothing', change: () => undefined, asked: [] },
]

/** What each method asks first. */
function questions(method: (typeof METHODS)[number], step: Step): string[] {
  if (method === 'simple') return ['GET /simple/']
  if (step.what === 'nothing') return ['RPC changelog_last_serial']
  const list = method === 'auto' && step.withdraws === true ? ['GET /simple/'] : []
  return [...list, 'RPC changelog_last_serial', 'RPC changelog_since_serial']
}

it('leaves the mirror equal to a new one after every kind of change, by each api-method', async () => {
  const index = createPackageIndex()
  publish(index, { name: 'Stays', version: '1.0' }, ['wheel', 'sdist'])
  publish(index, { name: 'other', version: '1.0' })
  index.create('empty')
  const upstream = await serveIndex(index)
  const mirrors = METHODS.map((method) => ({
    method,
    mirror: createMirror(upstream.url, `${OPTIONS}api-method = ${method}\n`),
  }))
  for (const { mirror } of mirrors) expect(await mirror.run()).toMatchObject({ code: 0 })
  for (const step of STEPS) {
    step.change(index)
    const fresh = createMirror(upstream.url, OPTIONS)
    await fresh.run()
    const wanted = served(fresh.directory)
    upstream.asked()
    for (const { method, mirror } of mirrors) {
      const about = `${step.what}, ${method}`
      const ran = await mirror.run()
      expect(ran, `${about}\n${ran.log}`).toMatchObject({ code: 0 })
      const asked = upstream.asked().map((request) => request.replace(/\/packages\/.*\//, '/packages/…/'))
      // A project that vanished from the list is not asked for. Without a list, a 404 is asked for twice; a page that says
      // that the project is in quarantine is believed at once.
      const times = step.quarantines === true ? 1 : 2
      const again = Array.from({ length: times }, () => step.asked).flat()
      const expected = step.vanishes !== true ? step.asked : method === 'xmlrpc' ? again : []
      expect(asked.sort(), about).toEqual([...questions(method, step), ...expected].sort())
      expect(served(mirror.directory), about).toEqual(wanted)
      expect(mirror.read('status'), about).toBe(String(index.serial))
    }
  }
})
