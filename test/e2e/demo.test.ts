import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { run } from '../helpers/index/pip.js'
import type { Ran } from '../helpers/index/pip.js'
import { sdist, wheel } from '../helpers/index/index.js'
import { plainEnvironment, ROOT } from '../serve/mirror.js'

// `npm run demo` without its build, which would take dist/ away from the other tests
const scratch = mkdtempSync(join(tmpdir(), 'demo-test-'))
beforeAll(async () => {
  // nginx, started by root, works as nobody
  chmodSync(scratch, 0o755)
  writeFileSync(join(scratch, 'package.json'), '{"type":"module"}')
  const { code, output } = await run(
    process.execPath,
    ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.demo.json', '--outDir', join(scratch, 'tools')],
    { cwd: ROOT },
  )
  expect(code, output).toBe(0)
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

function demo(...args: string[]): Promise<Ran> {
  return run(process.execPath, [join(scratch, 'tools/scripts/demo.js'), ...args], {
    cwd: ROOT,
    env: { ...plainEnvironment(), TMPDIR: scratch },
  })
}

const leftBehind = (): string[] => readdirSync(scratch).filter((name) => name.startsWith('bandersnatch-demo'))

it('mirrors, serves with nginx, installs, and leaves nothing behind', async () => {
  const { code, output } = await demo()
  expect(code, output).toBe(0)
  expect(output).toMatch(/^== served by nginx\/\S+ with deploy\/nginx\.conf at http:/m)
  expect(output).toMatch(/^demo-app 1\.1 imported from /m)
  expect(leftBehind()).toEqual([])
  const url = / at (http:\S+)\/simple\/$/m.exec(output)?.[1] ?? ''
  await expect(fetch(url)).rejects.toThrow()
})

it('does so with the wheels and sdists of a directory, and with --needed only those that are needed', async () => {
  const from = join(scratch, 'wheels')
  mkdirSync(from)
  const all = [
    wheel({ name: 'front', version: '1.0', requiresDist: ['back'] }),
    wheel({ name: 'back', version: '2.0' }),
    sdist({ name: 'other', version: '3.0' }),
  ]
  for (const { filename, body } of all) writeFileSync(join(from, filename), body.read(0, body.size))
  const whole = await demo('--from', from, 'front')
  expect(whole.code, whole.output).toBe(0)
  expect(whole.output).toMatch(/3 release files, 2 core metadata files/)
  expect(whole.output).toMatch(/^front 1\.0 imported from /m)
  const needed = await demo('--from', from, '--needed', 'front')
  expect(needed.code, needed.output).toBe(0)
  expect(needed.output).toMatch(/2 release files, 2 core metadata files/)
  expect((await demo('--from', from, 'nothing-of-it')).code).toBe(1)
  expect(leftBehind()).toEqual([])
})
