/**
 * An index as a process of its own, for measurements: prints its URL and runs until it is stopped.
 * `GET /-/counts` says what was asked for.
 *
 *   node dist-tools/test/helpers/index/main.js [--port N] [--cert FILE --key FILE]
 *     [--from DIR | --projects N [--files N] [--max-size BYTES] [--seed N]]
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { answerWith } from './answer.js'
import { indexFromDirectory } from './archive.js'
import { fixtureIndex } from './fixture.js'
import { generateIndex } from './generate.js'
import type { PackageIndex } from './package-index.js'
import { startIndex } from './server.js'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    cert: { type: 'string' },
    key: { type: 'string' },
    from: { type: 'string' },
    projects: { type: 'string' },
    files: { type: 'string', default: '20' },
    'max-size': { type: 'string', default: '65536' },
    seed: { type: 'string', default: '1' },
  },
})

function chosenIndex(): PackageIndex {
  if (values.from !== undefined) return indexFromDirectory(values.from).index
  if (values.projects === undefined) return fixtureIndex()
  return generateIndex({
    projects: Number(values.projects),
    filesPerProject: Number(values.files),
    sizes: [256, Number(values['max-size'])],
    seed: Number(values.seed),
  })
}

const { cert, key } = values
const running = await startIndex(chosenIndex(), {
  port: Number(values.port),
  ...(cert === undefined || key === undefined ? {} : { tls: { cert: readFileSync(cert), key: readFileSync(key) } }),
  onRequest: ({ path }) => {
    if (path !== '/-/counts') return 'pass'
    const counts = { bytesOut: running.bytesOut, requests: Object.fromEntries(running.requests) }
    return answerWith(200, { 'content-type': 'application/json' }, JSON.stringify(counts))
  },
})
console.log(running.url)
