import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { fixtureIndex, startIndex } from './helpers/index/index.js'

const ROOT = join(import.meta.dirname, '..')

it('runs the example of docs/library.md against the built package', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'library-'))
  const index = await startIndex(fixtureIndex())
  try {
    writeFileSync(
      join(scratch, 'bandersnatch.conf'),
      `[mirror]\ndirectory = ${scratch}/mirror\nmaster = ${index.url}\nallow-non-https = true\n`,
    )
    const example = /```js\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'docs', 'library.md'), 'utf8'))?.[1] ?? ''
    const main = pathToFileURL(join(ROOT, 'dist', 'index.js')).href
    writeFileSync(join(scratch, 'example.mjs'), example.replace("'bandersnatch-mirror'", JSON.stringify(main)))
    const { stdout } = await promisify(execFile)(process.execPath, ['example.mjs'], { cwd: scratch })
    expect(stdout).toMatch(/^\d+ projects to sync, up to serial \d+$/m)
    expect(stdout).toMatch(/^[1-9]\d* files fetched, 0 projects failed$/m)
  } finally {
    await index.close()
    rmSync(scratch, { recursive: true, force: true })
  }
})
