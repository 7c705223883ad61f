import * as fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MIRROR_LINES, OTHER_TEXTS } from '../../config/broken-cases.js'
import { run, strayLines } from './program.js'
import { inLanes } from './size.js'
import type { Soak } from './size.js'
import { scratch } from './stage.js'

/** Broken configurations, through the whole program; test/config/broken.test.ts reads all of them in one process. */
export function configsSection(soak: Soak): void {
  describe('broken configurations', () => {
    it('end with 2 and one line that names the option', { timeout: 300_000 }, async () => {
      const base = scratch('configs')
      const directory = join(base, 'mirror')
      const cases = [
        ...MIRROR_LINES.map(([line, option, allowed]) => ({
          text: `[mirror]\ndirectory = ${directory}\n${line}\n`,
          says: [option, allowed],
        })),
        ...OTHER_TEXTS.map(([, text, expected]) => ({ text, says: [expected] })),
      ]
      const chosen = soak.some(cases, 20)
      await inLanes(3, chosen, async ({ text, says }, at) => {
        const config = join(base, `${at}.conf`)
        fs.writeFileSync(config, text)
        const args = ['mirror', 'verify', 'sync x', 'delete x'][at % 4] ?? ''
        const { code, stdout, stderr } = await run(['-c', config, ...args.split(' ')], { cwd: base })
        expect(code, stderr).toBe(2)
        expect(stdout).toBe('')
        expect(stderr.replace(/\n$/, '').split('\n'), stderr).toHaveLength(1)
        for (const part of says)
          expect(stderr).toMatch(
            typeof part === 'string' ? new RegExp(part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : part,
          )
        expect(stderr).toContain(config)
        expect(strayLines(stderr)).toEqual([])
        expect(fs.existsSync(directory)).toBe(false)
      })
      soak.say('configs', `${chosen.length} broken configurations, one line and exit 2 each`)
    })
  })
}
