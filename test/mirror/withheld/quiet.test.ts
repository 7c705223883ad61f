import { expect, it } from 'vitest'
import { indexOf, serveTestIndex } from '../../helpers/engine.js'
import { memoryPlace } from '../../helpers/memory-storage.js'
import { day, mirror } from './support.js'

const HELD = 100_000

it('a quiet run of a mirror with 100,000 held projects makes no further request and does not read the ledger', async () => {
  const index = indexOf('one')
  const server = await serveTestIndex(index)
  const place = memoryPlace()
  const read: string[] = []
  const options = {
    url: server.url,
    place,
    mirror: 'json = true\nreconcile-interval = 100000',
    sections: '[plugins]\nenabled = release_age\n[release_age]\nmin_days = 7\n',
    wrap: (storage: Parameters<NonNullable<Parameters<typeof mirror>[0]['wrap']>>[0]) => ({
      ...storage,
      read: async (key: string) => {
        read.push(key)
        return storage.read(key)
      },
    }),
  }
  const first = await mirror({ ...options, now: day(0) })
  // As many lines as a mirror of PyPI has a week's projects of.
  const shape = first.shape.id
  const due = new Date(day(5).getTime()).toISOString().replace('.000', '')
  const lines = Array.from({ length: HELD }, (_, at) => `held-${at} 1 ${shape} due=${due} held=1\n`)
  await first.storage.append('.bandersnatch/projects', lines.join(''))
  const notes = JSON.parse(first.text('.bandersnatch/state.json') ?? '{}') as object
  const look = { ...notes, nextLook: day(5).getTime() / 1000, held: HELD }
  await first.storage.write('.bandersnatch/state.json', JSON.stringify(look))
  server.reset()
  read.length = 0
  const quiet = await mirror({ ...options, now: day(4) })
  expect([...server.requests.keys()]).toEqual(['RPC changelog_last_serial'])
  expect(read).not.toContain('.bandersnatch/projects')
  expect(quiet.report).toMatchObject({ projectsSynced: 0, held: HELD })
})
