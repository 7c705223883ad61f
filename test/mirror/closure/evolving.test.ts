import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NOW } from '../../helpers/engine.js'
import { createPackageIndex, startIndex, wheel } from '../../helpers/index/index.js'
import type { PackageIndex } from '../../helpers/index/index.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import { closureOf, content, mirror } from './support.js'

const NAMES = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5']
const name = fc.constantFrom(...NAMES)
const line = fc
  .tuple(name, fc.constantFrom('', '[x]'), fc.constantFrom('', '>=2', '<3', '!=2', '==1'))
  .chain(([project, extra, versions]) =>
    fc
      .constantFrom('', '; extra == "x"', '; sys_platform == "win32"', '; python_version > "3.11"')
      .map((marker) => `${project}${extra}${versions}${marker}`),
  )
const version = fc.constantFrom('1', '2', '3', '4', '5rc1')
const tag = fc.constantFrom(
  'py3-none-any',
  'py3-none-any',
  'cp311-cp311-manylinux_2_17_x86_64',
  'cp313-cp313-win_amd64',
)

interface State {
  roots: readonly string[]
  versions: number
  environments: string
}

type Step = (index: PackageIndex, state: State) => void

const BOTH = '[environments]\nlinux = cp311 manylinux_2_28_x86_64\nwin = cp313 win_amd64\n'
const publish = fc
  .record({ project: name, version, tag, requires: fc.array(line, { maxLength: 3 }) })
  .map(({ project, version: at, tag: wheelTag, requires }): Step => (index) => {
    if (index.projects.get(project)?.releases.has(at) === true) return
    const given = { name: project, version: at, requiresDist: requires, extras: ['x'] }
    index.publish(project, at, [wheel(given, { tag: wheelTag })])
  })
const upstreamEdit = fc
  .tuple(name, fc.constantFrom('yank', 'remove', 'delete'))
  .map(([project, what]): Step => (index) => {
    const [first] = [...(index.projects.get(project)?.releases.keys() ?? [])]
    if (first === undefined) return
    if (what === 'delete') index.deleteProject(project)
    else if (what === 'remove') index.removeRelease(project, first)
    else index.yank(project, first)
  })
const adminEdit = fc
  .record({
    roots: fc.uniqueArray(name, { minLength: 1, maxLength: 2 }),
    versions: fc.nat(2),
    environments: fc.constantFrom(BOTH, '[environments]\nlinux = cp311 manylinux_2_28_x86_64\n'),
  })
  .map(
    (edit): Step =>
      (_, state) =>
        void Object.assign(state, edit),
  )
const step = fc.oneof({ weight: 3, arbitrary: publish }, upstreamEdit, adminEdit)

it('a mirror of an index that changes is what a new mirror would be', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(publish, { minLength: 6, maxLength: 12 }),
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 4 }),
      fc.constantFrom('json = false', 'json = true'),
      fc.boolean(),
      async (first, rounds, option, metered) => {
        const index = createPackageIndex()
        for (const project of NAMES) index.publish(project, '0.1', [wheel({ name: project, version: '0.1' })])
        const state: State = { roots: ['p0', 'p1'], versions: 1, environments: BOTH }
        const server = await startIndex(index)
        const place = memoryPlace()
        try {
          for (const [hours, steps] of [first, ...rounds].entries()) {
            for (const one of steps) one(index, state)
            const sections = closureOf(state.roots, `versions = ${state.versions}\nmissing = warn`, state.environments)
            const now = new Date(NOW.getTime() + hours * 3600_000)
            const options = { url: server.url, mirror: `removed-projects = delete\n${option}`, sections, now }
            const allow = { allowRemovals: true }
            const run = await mirror({ ...options, place, properties: { metered } }, allow)
            const fresh = await mirror(options, allow)
            expect(run.report.failures).toEqual(fresh.report.failures)
            expect(content(run)).toEqual(content(fresh))
          }
        } finally {
          await server.close()
        }
      },
    ),
    { numRuns: Number(process.env['CLOSURE_RUNS'] ?? 8) },
  )
}, 120_000)
