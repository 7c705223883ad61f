import { describe, expect, it } from 'vitest'
import { localUrl, packageKey, urlPath } from '../../src/model/layout.js'
import { oracleCases } from '../helpers/oracle.js'

interface UrlCase {
  url: string
  path: string | { error: string }
  local_path: string | { error: string }
  local_url: string | { error: string }
  local_url_root: string | { error: string }
  hostile: boolean
  odd: boolean
}

function attempt(run: () => string): string {
  try {
    return run()
  } catch {
    return 'ERROR'
  }
}
const answer = (value: string | { error: string }): string => (typeof value === 'string' ? value : 'ERROR')

describe('URLs of release files', () => {
  const cases = oracleCases('names').filter((c): c is ['url', UrlCase] => Array.isArray(c) && c[0] === 'url')

  it('become the paths and links that Python gives, and hostile ones are refused', () => {
    expect(cases.length).toBeGreaterThan(50)
    const wrong: unknown[] = []
    for (const [, c] of cases) {
      const key = attempt(() => packageKey(c.url).replace(/^web/, ''))
      const path = attempt(() => urlPath(c.url).slice(1))
      if (path !== answer(c.path)) wrong.push({ ...c, got: path, of: 'path' })
      if (c.hostile) {
        if (key !== 'ERROR') wrong.push({ ...c, got: key, of: 'hostile' })
        continue
      }
      if (c.odd && key === 'ERROR') continue
      const links = [attempt(() => localUrl(c.url, '')), attempt(() => localUrl(c.url, 'https://files.example/root'))]
      if (key !== answer(c.local_path)) wrong.push({ ...c, got: key, of: 'local_path' })
      if (links[0] !== answer(c.local_url)) wrong.push({ ...c, got: links[0], of: 'local_url' })
      if (links[1] !== answer(c.local_url_root)) wrong.push({ ...c, got: links[1], of: 'local_url_root' })
    }
    expect(wrong.slice(0, 5)).toEqual([])
  })
})
