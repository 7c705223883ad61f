import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { EXAMPLES } from '../../src/report/completion/examples.js'
import { codeBlocks, codeSpans, PAGES, pageText, ROOT, shellCommands } from '../helpers/docs/blocks.js'
import { createSandbox, NOT_RUN, reasonNotToRun } from '../helpers/docs/sandbox.js'
import type { Sandbox } from '../helpers/docs/sandbox.js'
import { fixtureIndex, startIndex, wheel } from '../helpers/index/index.js'
import type { PackageIndex, RunningIndex } from '../helpers/index/index.js'
import { run } from '../helpers/index/pip.js'
import { mirrorFixture, scratchDirectory } from '../serve/mirror.js'
import { startOwn } from '../serve/servers.js'
import type { WebServer } from '../serve/servers.js'

const SLOW = 300_000
const AIR_GAP = 'docs/air-gap.md'

/** What the docs install: real names with their real dependencies, in wheels of our own. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  flask: ['blinker', 'click', 'itsdangerous', 'jinja2', 'markupsafe', 'werkzeug'],
  requests: ['certifi', 'charset-normalizer', 'idna', 'urllib3'],
  jinja2: ['markupsafe'],
  werkzeug: ['markupsafe'],
}

function documentedIndex(): PackageIndex {
  const index = fixtureIndex()
  for (const name of new Set([...Object.keys(PACKAGES), ...Object.values(PACKAGES).flat()])) {
    index.publish(name, '1.0', [wheel({ name, version: '1.0', requiresDist: PACKAGES[name] ?? [] })])
  }
  return index
}

let upstream: RunningIndex
let site: WebServer
beforeAll(async () => {
  upstream = await startIndex(documentedIndex())
  const directory = scratchDirectory()
  site = await startOwn(await mirrorFixture(directory.path, '', documentedIndex()))
  return directory.remove
}, SLOW)
afterAll(async () => {
  await site.close()
  await upstream.close()
})

async function sandbox(installed = true): Promise<Sandbox> {
  const made = await createSandbox({ master: upstream.url, site: site.url, installed })
  onTestFinished(() => made.remove())
  return made
}

const commandsOf = (text: string): string[] => codeBlocks(text, 'sh', 'console').flatMap(shellCommands)
const runnable = (text: string): string[] => commandsOf(text).filter((command) => reasonNotToRun(command) === undefined)
/** Two have tests of their own: they begin with an empty machine. */
const pages = PAGES.filter((page) => page !== 'README.md' && page !== AIR_GAP && runnable(pageText(page)).length > 0)
const installedIn = (machine: Sandbox): string[] =>
  readdirSync(machine.place('site'))
    .filter((name) => !/dist-info|^bin$/.test(name))
    .sort()

describe('the commands of the docs', () => {
  it(
    'install from the tarball of npm pack, mirror, serve and pip install as the README says',
    async () => {
      const machine = await sandbox(false)
      const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', machine.place('work')], {
        cwd: ROOT,
      })
      expect(packed.code, packed.output).toBe(0)
      const { code, output } = await machine.run(runnable(pageText('README.md')))
      expect(code, output.slice(-5000)).toBe(0)
      expect(installedIn(machine)).toEqual(
        [...new Set([...Object.keys(PACKAGES), ...Object.values(PACKAGES).flat()])]
          .map((name) => name.replace('-', '_'))
          .sort(),
      )
      expect(readdirSync(machine.place('work/pypi/web/simple')).filter((name) => name.startsWith('demo'))).toEqual([])
    },
    SLOW,
  )

  it.each(pages)(
    'run: %s',
    async (page) => {
      const machine = await sandbox()
      const first = await machine.run(['bandersnatch mirror'])
      expect(first.code, first.output).toBe(0)
      const { code, output } = await machine.run(runnable(pageText(page)))
      expect(code, output.slice(-5000)).toBe(0)
      if (/^pip install/m.test(runnable(pageText(page)).join('\n'))) expect(installedIn(machine)).toContain('flask')
    },
    SLOW,
  )

  it(
    'run where they stand in the text',
    async () => {
      const machine = await sandbox()
      const spans = [
        ...new Set(PAGES.flatMap((page) => codeSpans(pageText(page))).filter((span) => /^bandersnatch ./.test(span))),
      ]
      const commands = spans.map((span) => span.replace(/NAME(\.\.\.)?/g, 'demo-app').replace(/\bFILE\b/g, 'file'))
      expect(commands.length).toBeGreaterThan(10)
      const { code, output } = await machine.run([
        'bandersnatch mirror',
        ...commands.flatMap((command) =>
          / delete /.test(command) ? [command, 'bandersnatch mirror --force-check'] : [command],
        ),
      ])
      expect(code, output.slice(-5000)).toBe(0)
    },
    SLOW,
  )

  it(
    'run where --help shows them',
    async () => {
      const machine = await sandbox()
      const examples = Object.values(EXAMPLES)
        .flat()
        .map(([line]) => `bandersnatch ${line}`)
      const { code, output } = await machine.run(['bandersnatch mirror', ...examples])
      expect(code, output.slice(-5000)).toBe(0)
      expect(output).toContain('requests: wanted')
    },
    SLOW,
  )

  it.each([
    ['an option', (text: string) => text.replace('mirror --dry-run', 'mirror --dry-runs')],
    ['a command', (text: string) => text.replace('check-config', 'check-confg')],
    ['a file', (text: string) => text.replace('-c /etc/bandersnatch.conf verify', '-c /etc/bandersnach.conf verify')],
  ])(
    'would be found with %s that is wrong',
    async (_, spoil) => {
      const text = pageText('docs/moving.md')
      expect(spoil(text)).not.toBe(text)
      const machine = await sandbox()
      expect((await machine.run(runnable(spoil(text)))).code).not.toBe(0)
    },
    SLOW,
  )

  it('have no exception that is not needed', () => {
    const all = PAGES.flatMap((page) => commandsOf(pageText(page)))
    expect(NOT_RUN.filter(([pattern]) => !all.some((command) => pattern.test(command)))).toEqual([])
    expect(
      existsSync(join(ROOT, 'test/bench.test.ts')) && existsSync(join(ROOT, 'test/storage/s3-serving.test.ts')),
    ).toBe(true)
  })
})

describe('carrying a mirror over an air gap', () => {
  it(
    'leaves on the other side what the lists name, byte for byte',
    async () => {
      const machine = await sandbox()
      const { code, output } = await machine.run([
        ...runnable(pageText(AIR_GAP)).filter((command) => !command.startsWith('rsync')),
        'diff --recursive --exclude local-stats --exclude last-modified /srv/pypi/web /srv/closed/web',
      ])
      expect(code, output.slice(-5000)).toBe(0)
      expect(installedIn(machine)).toContain('flask')
    },
    SLOW,
  )

  it(
    'can be done with the whole tree at once',
    async () => {
      const machine = await sandbox()
      const rsync = runnable(pageText(AIR_GAP)).filter((command) => command.startsWith('rsync'))
      expect(rsync).toHaveLength(1)
      const { code, output } = await machine.run([
        'bandersnatch mirror',
        ...rsync,
        'diff --recursive /srv/pypi/web /srv/closed/web',
      ])
      expect(code, output.slice(-5000)).toBe(0)
    },
    SLOW,
  )
})
