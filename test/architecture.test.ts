import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, expect, it } from 'vitest'

const SRC = join(import.meta.dirname, '..', 'src')

interface Import {
  readonly from: string
  readonly to: string
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(sep).join('/'))

function imports(file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  return [...text.matchAll(/(?:\bfrom |\bimport )'([^']+)'|\bimport\('([^']+)'\)/g)]
    .map(([, fixed = '', dynamic = '']) => fixed + dynamic)
    .map((target) => ({
      from: file,
      to: target.startsWith('.')
        ? relative(SRC, join(SRC, dirname(file), target))
            .split(sep)
            .join('/')
        : target,
    }))
}

const all = files.flatMap(imports)
const room = (file: string): string =>
  file.includes('/') ? (file.split('/')[0] ?? '') : file.replace(/\.(ts|js)$/, '')
const within = (from: string): Import[] => all.filter((one) => room(one.from) === from)
const isLocal = ({ to }: Import): boolean => files.includes(to.replace(/\.js$/, '.ts'))
const isTypesOf = (to: string, owner: string): boolean => to === `${owner}/types.js`

/** Rooms that each room may import from; `config types` stands for config/types.ts alone. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  model: ['errors'],
  filters: ['model', 'errors', 'log'],
  simple: ['model', 'errors'],
  storage: ['model', 'errors', 'log'],
  upstream: ['model', 'errors', 'log'],
  config: ['model', 'errors', 'log'],
  mirror: ['upstream', 'filters', 'simple', 'storage', 'model', 'errors', 'log'],
  serve: ['model', 'errors', 'log'],
}

describe('the house', () => {
  it.each(Object.entries(ALLOWED))('%s imports only what stands right of it', (from, allowed) => {
    const wrong = within(from).filter((one) => {
      if (!isLocal(one)) return false
      const target = room(one.to)
      return target !== from && !allowed.includes(target) && !isTypesOf(one.to, 'config')
    })
    expect(wrong).toEqual([])
  })

  it('keeps undici in upstream, the AWS SDK in storage, and both out of everything else', () => {
    const wrong = all.filter(
      ({ from, to }) =>
        (to === 'undici' && room(from) !== 'upstream') || (to.startsWith('@aws-sdk/') && room(from) !== 'storage'),
    )
    expect(wrong).toEqual([])
  })

  it('makes the model pure: no I/O and no npm package', () => {
    const pure = new Set(['node:net', 'node:crypto'])
    expect(within('model').filter((one) => !isLocal(one) && !pure.has(one.to))).toEqual([])
  })

  it('calls the factories of upstream, storage and filters in the composition root alone', () => {
    const factories = /\b(createHttpClient|createUpstream|createFilesystemStorage|createS3Storage|loadFilters)\(/
    const callers = files.filter((file) =>
      factories.test(readFileSync(join(SRC, file), 'utf8').replace(/^export (async )?function .*$/gm, '')),
    )
    expect(callers.filter((file) => !/^commands\//.test(file))).toEqual([])
  })

  it('touches process only in cli, log and config', () => {
    const users = files.filter((file) => /\bprocess\.[a-z]/.test(readFileSync(join(SRC, file), 'utf8')))
    const allowed = /^(cli|log|progress|runner)\.ts$|^(config|log)\//
    expect(users.filter((file) => !allowed.test(file))).toEqual([])
  })

  it('has no file of more than 300 lines', () => {
    const long = files.filter((file) => readFileSync(join(SRC, file), 'utf8').split('\n').length > 300)
    expect(long).toEqual([])
  })
})
