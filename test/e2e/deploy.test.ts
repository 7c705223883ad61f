import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readLogConfig } from '../../src/log/python/config.js'
import { createPackageIndex, sdist, startIndex } from '../helpers/index/index.js'
import { run } from '../helpers/index/pip.js'
import { memoryLog } from '../log/support.js'
import { mirrorFixture, ROOT, scratchDirectory } from '../serve/mirror.js'

const SLOW = 300_000
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
let scratch: string
beforeAll(() => {
  const directory = scratchDirectory()
  scratch = directory.path
  return directory.remove
})

describe('systemd', () => {
  /** The units where systemd finds them, with a program that is there. */
  function units(): string[] {
    const files = ['bandersnatch.service', 'bandersnatch.timer', 'bandersnatch-failure.service']
    for (const file of files) {
      writeFileSync(
        join(scratch, file),
        read(`deploy/${file}`).replace('/usr/bin/bandersnatch', '/bin/true').replace('# OnFailure', 'OnFailure'),
      )
    }
    return files.map((file) => join(scratch, file))
  }

  it('accepts the units without a warning', async () => {
    const { code, output } = await run('systemd-analyze', ['verify', '--man=no', ...units()])
    expect(output).toBe('')
    expect(code).toBe(0)
  })

  it('finds the service hardened', async () => {
    const [service = ''] = units()
    const { code, output } = await run('systemd-analyze', ['security', '--offline=yes', '--threshold=20', service])
    expect(code, output).toBe(0)
  })

  it('counts as a success that somebody stopped a run', () => {
    expect(read('deploy/bandersnatch.service')).toMatch(/^SuccessExitStatus=143$/m)
    expect(read('deploy/bandersnatch.service')).toMatch(/^ExecStart=.* mirror --if-free$/m)
  })

  it('runs V8, which needs pages that it can write and execute', () => {
    expect(read('deploy/bandersnatch.service')).not.toMatch(/^MemoryDenyWriteExecute=yes/m)
  })
})

describe('cron', () => {
  /** The line of a crontab that is a job, and the environment that the lines above it set. */
  function job(crontab: string): { command: string; user: string; environment: string[] } {
    const lines = crontab.split('\n').filter((line) => !/^(#|$)/.test(line))
    const jobs = lines.filter((line) => !/^[A-Z]+=/.test(line))
    expect(jobs).toHaveLength(1)
    const [, user = '', command = ''] = /^(?:\S+\s+){5}(\S+)\s+(.*)$/.exec(jobs[0] ?? '') ?? []
    return { command, user, environment: lines.filter((line) => line.startsWith('PATH=')) }
  }
  const ownConfig = (command: string): string => command.replace(' -c /etc/bandersnatch.conf', '')
  const inReadme = /```cron\n(.*?)```/s.exec(read('README.md'))?.[1] ?? ''
  const crontabs = { 'deploy/crontab': read('deploy/crontab'), 'README.md': inReadme }

  it.each(Object.entries(crontabs))('%s gets a job with a user, and with what cron leaves as it is', (_, crontab) => {
    const { command, user, environment } = job(crontab)
    expect(user).toBe('bandersnatch')
    expect(environment).toEqual(['PATH=/usr/local/bin:/usr/bin:/bin'])
    // cron makes a line break of it
    expect(command).not.toContain('%')
    expect(ownConfig(command)).toBe(ownConfig(job(crontabs['deploy/crontab']).command))
  })

  it(
    'mails only what is new of the job',
    async () => {
      const { command, environment } = job(crontabs['deploy/crontab'])
      const place = join(scratch, 'cron')
      const bin = join(place, 'bin')
      mkdirSync(bin, { recursive: true })
      symlinkSync(join(ROOT, 'bin', 'bandersnatch.js'), join(bin, 'bandersnatch'))
      symlinkSync(process.execPath, join(bin, 'node'))
      const index = createPackageIndex()
      for (const name of ['demo', 'other', 'third']) index.publish(name, '1.0', [sdist({ name, version: '1.0' })])
      let down = false
      const server = await startIndex(index, {
        onRequest: () => (down ? (response) => void response.destroy() : 'pass'),
      })
      const config = join(place, 'bandersnatch.conf')
      const mirror = `[mirror]\ndirectory = ${place}/mirror\nmaster = ${server.url}\nallow-non-https = true\n`
      writeFileSync(config, `${mirror}timeout = 1\n`)
      // Without -c it is /etc/bandersnatch.conf.
      const line = ownConfig(command).replace('--quiet', `-c ${config} --quiet`)
      const path = environment.map((set) => set.replace('/usr/local/bin', bin))
      const cron = (): ReturnType<typeof run> => run('env', ['-i', ...path, `HOME=${place}`, '/bin/sh', '-c', line])
      try {
        expect(await cron()).toEqual({ code: 0, output: '' })
        expect(readFileSync(join(place, 'mirror/status'), 'utf8')).toBe(String(index.serial))
        index.deleteProject('demo')
        expect(await cron()).toEqual({ code: 0, output: '' })
        expect(existsSync(join(place, 'mirror/web/simple/demo'))).toBe(false)
        down = true
        const first = await cron()
        expect(first.code).toBe(7)
        expect(first.output).toMatch(/^.* INFO: mirror stopped after .*\n.* ERROR: mirror stopped: http:.*\n$/)
        expect(await cron()).toEqual({ code: 7, output: '' })
        down = false
        expect((await cron()).output).toContain('INFO: Runs reach their end again')
        expect(await cron()).toEqual({ code: 0, output: '' })
      } finally {
        await server.close()
      }
    },
    SLOW,
  )

  it('has a log-config that the program reads, whose file logrotate may move away', () => {
    const conf = join(scratch, 'log.conf')
    writeFileSync(conf, read('deploy/log.conf').replaceAll('/var/log/bandersnatch', scratch))
    const { log, written } = memoryLog()
    log.configure(readLogConfig(conf))
    log.info('one')
    renameSync(join(scratch, 'mirror.log'), join(scratch, 'mirror.log.1'))
    log.info('two')
    expect(readFileSync(join(scratch, 'mirror.log'), 'utf8')).toMatch(/^\d{4}-.* INFO: two\n$/)
    expect(written.stderr).toBe('')
    expect(read('deploy/logrotate')).toContain('/var/log/bandersnatch/*.log {')
  })
})

describe('compose', () => {
  const compose = read('deploy/compose.yaml')

  it('mounts files that are there, and one directory for the mirror on both sides', () => {
    expect(compose).toContain('./nginx.conf:/etc/nginx/conf.d/default.conf:ro')
    expect(read('deploy/nginx.conf')).toContain('root /srv/pypi/web;')
    expect(compose).toContain('- mirror:/srv/pypi\n')
    expect(compose).toContain('- mirror:/srv/pypi:ro\n')
    expect(read('Dockerfile')).toContain('chown node:node /conf /srv/pypi')
    expect(read('bandersnatch.conf.example')).toMatch(/^directory = \/srv\/pypi$/m)
  })
})

describe('Dockerfile', () => {
  const lines = read('Dockerfile')
    .replace(/\\\n/g, '')
    .split('\n')
    .filter((line) => !/^(#|$)/.test(line))

  it('starts the runner as a user who is not root, with a health check that asks for the last run', async () => {
    expect(lines).toContain('USER node')
    expect(lines.at(-1)).toBe('CMD ["bandersnatch-runner", "3600"]')
    const file = /BANDERSNATCH_HEALTH_FILE=(\S+)/.exec(lines.join('\n'))?.[1] ?? ''
    const check = JSON.parse(/^HEALTHCHECK .* CMD (.*)$/m.exec(lines.join('\n'))?.[1] ?? '[]') as string[]
    const health = join(scratch, 'health')
    const [program = '', ...args] = check.map((word) => word.replaceAll(file, health))
    const healthy = async (): Promise<boolean> => (await run(program, args)).code === 0
    expect(args.join(' ')).toContain(health)
    // No runner was ever started.
    expect(await healthy()).toBe(false)
    for (const [text, well] of [
      ['waiting', true],
      ['failed: exit code 3', false],
      ['ok', true],
    ] as const) {
      writeFileSync(health, `${text}\n`)
      expect(await healthy(), text).toBe(well)
    }
    // It hangs: its sign of life is ten minutes old.
    const before = Date.now() / 1000 - 600
    utimesSync(health, before, before)
    expect(await healthy()).toBe(false)
  })

  it('names what it is made from and what it is', () => {
    const text = lines.join('\n')
    expect(text).toMatch(/^ARG NODE_IMAGE=node:\d+\.\d+\.\d+-alpine\d+\.\d+$/m)
    expect(text.match(/^FROM (\S+)/gm)).toEqual(['FROM ${NODE_IMAGE}', 'FROM ${NODE_IMAGE}'])
    const { version } = JSON.parse(read('package.json')) as { version: string }
    expect(text).toContain(`org.opencontainers.image.version="${version}"`)
    expect(text).toContain('org.opencontainers.image.revision="${REVISION}"')
  })

  it(
    'builds something that runs, with what .dockerignore lets in and what the registry has',
    async () => {
      const build = join(scratch, 'build')
      const context = read('.dockerignore')
        .split('\n')
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1))
      const stage = lines.slice(
        lines.findIndex((line) => line.endsWith(' AS build')) + 1,
        lines.findLastIndex((line) => line.startsWith('FROM ')),
      )
      mkdirSync(build)
      for (const line of stage) {
        const [, word, rest = ''] = /^(\S+) (.*)$/.exec(line) ?? []
        const copied = rest === '. .' ? context : rest.split(' ').slice(0, -1)
        if (word === 'COPY') {
          for (const path of copied) {
            mkdirSync(dirname(join(build, path)), { recursive: true })
            cpSync(join(ROOT, path), join(build, path), { recursive: true })
          }
        } else if (word === 'RUN') {
          const { code, output } = await run('sh', ['-ec', rest], { cwd: build })
          expect(code, output).toBe(0)
        } else expect(['WORKDIR', 'ARG']).toContain(word)
      }
      for (const program of ['bandersnatch', 'bandersnatch-runner']) {
        const { code, output } = await run(process.execPath, [join(build, 'bin', `${program}.js`), '--version'])
        expect(code, output).toBe(0)
        expect(output).toMatch(/^bandersnatch \d+\.\d+/)
      }
      expect((await run('ls', ['-A', build])).output.trim().split('\n').sort()).toEqual([
        'LICENSE',
        'README.md',
        'bandersnatch.conf.example',
        'bin',
        'dist',
        'node_modules',
        'package.json',
      ])
      for (const left of ['typescript', 'vitest', '@aws-sdk/client-s3'])
        expect(await exists(join(build, 'node_modules', left))).toBe(false)
      rmSync(build, { recursive: true })
    },
    SLOW,
  )
})

describe('air gap', () => {
  it('the files that the diff-file lists are all that installers on the other side need', async () => {
    const options = 'diff-file = {{mirror_directory}}/changed\ndiff-append-epoch = true\n'
    const { directory, web } = await mirrorFixture(join(scratch, 'airgap'), options)
    const [list = ''] = readdirSync(directory).filter((name) => name.startsWith('changed-'))
    const update = join(scratch, 'update.tar')
    const packed = await run('tar', [
      '--create',
      '--file',
      update,
      '--files-from',
      join(directory, list),
      '--absolute-names',
    ])
    expect(packed.code, packed.output).toBe(0)
    const connected = join(scratch, 'connected')
    renameSync(directory, connected)
    const unpacked = await run('tar', ['--extract', '--file', update, '--absolute-names'])
    expect(unpacked.code, unpacked.output).toBe(0)
    for (const part of ['simple', 'packages']) {
      const { code, output } = await run('diff', [
        '--recursive',
        '--brief',
        join(connected, 'web', part),
        join(web, part),
      ])
      expect(code, output).toBe(0)
    }
  })
})

async function exists(path: string): Promise<boolean> {
  return (await run('test', ['-e', path])).code === 0
}
