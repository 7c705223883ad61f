import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { generatedFile } from '../../helpers/index/index.js'
import { run, strayLines } from './program.js'
import type { Soak } from './size.js'
import { photograph, smallStage } from './stage.js'
import { truthOf } from './truth.js'

/** Places in a mirror that lead elsewhere; `<file>` and `<name>` stand for those of a project. */
const DIRECTORIES = [
  'web/simple/<name>',
  'web/packages/<two>',
  'web/packages/<two>/<four>',
  '<parent>',
  'web/packages',
  'web/json',
  'web/pypi',
  'web/pypi/<name>',
  'web/simple',
  'web',
  '.bandersnatch',
  '.bandersnatch/tmp',
  '.bandersnatch/partial',
  'web/local-stats',
] as const
const FILES = [
  '<file>',
  '<file>.metadata',
  'web/simple/<name>/index.html',
  'web/simple/<name>/index.v1_json',
  'web/simple/index.html',
  'web/simple/index.v1_json',
  'web/json/<name>',
  'web/pypi/<name>/json',
  'status',
  'todo',
  'generation',
  'web/last-modified',
  '.bandersnatch/journal',
  '.bandersnatch/state.json',
  '.bandersnatch/serials',
  '.bandersnatch/verified',
  '.bandersnatch/lock',
  '.bandersnatch/failures.json',
  '.bandersnatch/history.jsonl',
] as const

/** Symbolic links in a mirror directory that lead out of it. */
export function linksSection(soak: Soak): void {
  describe('symbolic links that lead out of the mirror directory', () => {
    const all = [
      ...DIRECTORIES.map((place) => [place, true] as const),
      ...FILES.map((place) => [place, false] as const),
    ]
    it.each(soak.some(all, 16))('nothing is written through %s', { timeout: 120_000 }, async (place, isDirectory) => {
      const stage = await smallStage('links', { mirror: { json: 'true' } })
      const { index, mirror, config, base } = stage
      const name = 'project-00001'
      expect((await run(['-c', config, 'mirror'])).code).toBe(0)
      const [key = ''] = [...(truthOf(index, new Map()).projects.get(name)?.files.values() ?? [])].filter((each) =>
        each.endsWith('.whl'),
      )
      const [, , two = '', four = ''] = key.split('/')
      const path = join(
        mirror,
        place
          .replace('<name>', name)
          .replace('<two>', two)
          .replace('<four>', four)
          .replace('<parent>', dirname(key))
          .replace('<file>', key),
      )
      const outside = join(base, 'outside')
      if (isDirectory) {
        // What was in the mirror is outside now, as it would be for somebody who moved it to another disk.
        if (fs.existsSync(path)) fs.cpSync(path, outside, { recursive: true, preserveTimestamps: true })
        else fs.mkdirSync(outside)
        fs.writeFileSync(join(outside, 'sentinel'), 'keep me')
        fs.rmSync(path, { recursive: true, force: true })
      } else {
        fs.mkdirSync(dirname(path), { recursive: true })
        fs.writeFileSync(outside, fs.existsSync(path) ? fs.readFileSync(path) : 'keep me')
        fs.rmSync(path, { force: true })
      }
      fs.symlinkSync(outside, path)
      const before = photograph(outside)
      const everything = photograph(base, [mirror, outside])
      for (const each of index.projects.keys()) {
        index.publish(each, '8.0', [generatedFile(each, '8.0', { wheel: true, size: 3000 })])
      }
      fs.appendFileSync(config, '\ncompare-method = stat\n')
      const runs = [
        ['mirror'],
        ['mirror', '--force-check'],
        ['sync', name],
        ['verify', '--delete', '--yes'],
        ['delete', name],
      ]
      for (const args of runs) {
        const { stderr, signal } = await run(['-c', config, ...args])
        expect(signal).toBe(null)
        expect(strayLines(stderr)).toEqual([])
        expect(photograph(outside), `${args.join(' ')}\n${stderr.slice(-1500)}`).toEqual(before)
      }
      everything.delete('/conf')
      const after = photograph(base, [mirror, outside])
      after.delete('/conf')
      expect(after).toEqual(everything)
    })
  })
}
