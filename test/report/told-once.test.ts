import { expect, it } from 'vitest'
import { runMirror } from '../../src/mirror/mirror.js'
import { summarized } from '../../src/report/summary/summarized.js'
import { engine, indexOf, publish, serveTestIndex } from '../helpers/engine.js'
import { answerWith } from '../helpers/index/index.js'
import { memoryPlace } from '../helpers/memory-storage.js'
import { memoryLog } from '../log/support.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }

it('an ordinary log has one line for each changed project, and tells each thing once', async () => {
  const names = ['aaa', 'bbb', 'withdrawn', 'failing']
  const index = indexOf(...names)
  let broken = ''
  const server = await serveTestIndex(index, ({ path }) =>
    broken !== '' && path.includes(broken) ? answerWith(500, {}, 'no') : 'pass',
  )
  const place = memoryPlace()
  const run = async (): Promise<string[]> => {
    const { log, written } = memoryLog()
    const context = await engine({ url: server.url, place, log })
    const about = { command: 'mirror', log, summaryJson: undefined }
    await summarized(context, about, () => runMirror(context, PLAIN))
    return written.stderr.trimEnd().split('\n')
  }
  const lines = await run()
  const of = (name: string): string[] => lines.filter((line) => line.includes(name))
  for (const name of names) expect(of(name)).toEqual([expect.stringContaining(`Storing index page(s): ${name} - in`)])
  expect(lines.filter((line) => line.includes('.whl'))).toEqual([])

  broken = 'failing'
  for (const name of ['failing', 'bbb']) publish(index, name, '2.0')
  index.deleteProject('withdrawn')
  lines.splice(0, lines.length, ...(await run()))
  expect(of('withdrawn')).toEqual([expect.stringContaining('INFO: Removed withdrawn from the index: ')])
  expect(of('bbb')).toHaveLength(1)
  expect(of('failing')).toEqual([
    expect.stringMatching(/INFO: Error syncing package: failing@.*; trying again later in this run$/),
    expect.stringMatching(/ERROR: Not up to date: failing: /),
  ])
  expect(lines.filter((line) => / (?:WARNING|ERROR): /.test(line))).toHaveLength(1)
})
