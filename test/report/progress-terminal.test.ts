import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { generateIndex, startIndex } from '../helpers/index/index.js'

const WORK = join(import.meta.dirname, '..', 'fixtures', 'terminal', 'work.mjs')
const DIST = join(import.meta.dirname, '..', '..', 'dist')

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A terminal of its own, by tmux. */
function terminal(
  columns: number,
  command: string,
): { tmux: (...args: string[]) => string; screen: () => string[]; close: () => void } {
  const socket = `bandersnatch-test-${process.pid}-${Date.now()}`
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-L', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' })
  tmux('new-session', '-d', '-x', String(columns), '-y', '24', `env -u NO_COLOR -u CI ${command}; sleep 60`)
  return {
    tmux,
    // -J joins what the terminal broke into rows
    screen: () =>
      tmux('capture-pane', '-p', '-J', '-S', '-1000')
        .split('\n')
        .map((line) => line.trimEnd())
        .filter((line) => line !== ''),
    close: () => void spawnSync('tmux', ['-L', socket, 'kill-server']),
  }
}

describe('progress in a real terminal', () => {
  let close = (): void => undefined
  afterEach(() => close())

  const run = (columns: number, steps: number): ReturnType<typeof terminal> => {
    const opened = terminal(columns, `${process.execPath} ${WORK} ${DIST} ${steps} 20`)
    close = opened.close
    return opened
  }
  const finished = async (screen: () => string[]): Promise<string[]> => {
    for (let waited = 0; waited < 15_000; waited += 200) {
      if (screen().some((line) => line.endsWith('all done'))) return screen()
      await sleep(200)
    }
    throw new Error(`it did not end:\n${screen().join('\n')}`)
  }
  const logLine = /^\d\d:\d\d:\d\d (line \d+( with quite a few words)*|all done)$/

  it('is one line below the log while it runs, and gone afterwards', async () => {
    const { screen } = run(100, 100)
    await sleep(1500)
    const during = screen()
    expect(during.filter((line) => line.startsWith('Projects '))).toEqual([during.at(-1)])
    expect(during.at(-1)).toMatch(/^Projects \d+\/100, \d+ files, [\d.]+ MB, [\d.]+ MB\/s, [\d.]+ s left, \d+ failed$/)
    const after = await finished(screen)
    expect(after).toHaveLength(11)
    expect(after.every((line) => logLine.test(line))).toBe(true)
  })

  it('lives through 20 columns and windows that change their size', async () => {
    const { tmux, screen } = run(100, 300)
    for (const columns of [20, 40, 21, 100, 30]) {
      await sleep(700)
      tmux('resize-window', '-x', String(columns))
      // The next redrawing clears what the terminal made of the line.
      const live = (): string[] => screen().filter((line) => line.startsWith('Projects '))
      await expect.poll(live, { timeout: 10_000 }).toHaveLength(1)
    }
    const after = await finished(screen)
    expect(after).toHaveLength(31)
    expect(after.every((line) => logLine.test(line))).toBe(true)
  })

  it.each([80, 20])('of a real run says how far it is in %i columns, and ends with the summary', async (columns) => {
    const scratch = mkdtempSync(join(tmpdir(), 'terminal-'))
    const index = await startIndex(generateIndex({ projects: 60 }), {
      async onRequest(): Promise<'pass'> {
        await sleep(60)
        return 'pass'
      },
    })
    onTestFinished(async () => {
      await index.close()
      rmSync(scratch, { recursive: true, force: true })
    })
    const config = join(scratch, 'conf')
    writeFileSync(
      config,
      `[mirror]\ndirectory = ${scratch}/mirror\nmaster = ${index.url}\nallow-non-https = true\nmax-requests = 3\n`,
    )
    const { screen, close: end } = terminal(
      columns,
      `${process.execPath} ${join(DIST, '..', 'bin', 'bandersnatch.js')} -c ${config} mirror`,
    )
    close = end
    const seen: string[] = []
    const isProgress = (line: string): boolean => /^(Projects|Asking|Planning|Root)\b/.test(line)
    for (let waited = 0; waited < 60_000 && !screen().some((line) => line.includes('mirror done')); waited += 100) {
      const lines = screen().filter(isProgress)
      expect(lines.length).toBeLessThan(2)
      seen.push(...lines)
      await sleep(100)
    }
    await sleep(300)
    const counts = [...new Set(seen)].flatMap((line) => /^Projects (\d+)\/60/.exec(line)?.[1] ?? []).map(Number)
    expect(counts.length).toBeGreaterThan(2)
    expect(counts).toEqual([...counts].sort((a, b) => a - b))
    if (columns === 80)
      expect(seen.some((line) => /^Projects \d+\/60, (\d+\/)?\d+ files, .*B, .*B\/s, .* left$/.test(line))).toBe(true)
    const after = screen()
    expect(after.filter(isProgress)).toEqual([])
    expect(after.join('\n')).toMatch(/mirror done after .*: 60 projects updated/s)
    expect(after.at(-1)).toMatch(/The mirror has serial \d+, as upstream has$/)
  })
})
