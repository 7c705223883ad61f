import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { findSigstore } from '../../src/attestations/sigstore.js'
import { checkConfigCommand } from '../../src/commands/check-config.js'
import { mirrorCommand } from '../../src/commands/mirror.js'
import { verifyCommand } from '../../src/commands/verify.js'
import { ConfigError, EXIT } from '../../src/errors.js'
import { serveIndex } from '../e2e/support.js'
import { createTestSigstore } from '../helpers/attested.js'
import { createPackageIndex, wheel } from '../helpers/index/index.js'
import { bench } from './support.js'
import type { Bench } from './support.js'

const PLAIN = { forceCheck: false, allowRemovals: false, retryFailed: false }
const VERIFY = { delete: false, dryRun: false, jsonUpdate: false, restart: false, yes: false, workers: 0 }
const PROVENANCE = 'provenance = true\nintegrity-url = https://mirror.example\n'
const NOBODY = 'http://127.0.0.1:9'

const sigstore = createTestSigstore()
const one = sigstore.attested(wheel({ name: 'one', version: '1.0' }))
const two = sigstore.attested(wheel({ name: 'two', version: '1.0' }), { repository: 'thief/project' })

function benchAt(master: string, lines: string): Bench {
  const made = bench(master, lines)
  onTestFinished(() => rmSync(made.directory, { recursive: true, force: true }))
  return made
}

it('a run that refuses a file does everything else, says why and exits 1; verify --attestations finds what is stored in order', async () => {
  const index = createPackageIndex()
  index.publish('one', '1.0', [one])
  index.publish('two', '1.0', [two])
  const { url } = await serveIndex(index)
  const lines = 'publishers =\n    one = github some/project\n    two = github two/two\n'
  const at = benchAt(url, `${PROVENANCE}[attestations]\ncheck = require\ntrusted-root = ${sigstore.rootPath}\n${lines}`)
  expect(await mirrorCommand(at.setting, PLAIN)).toBe(EXIT.incomplete)
  expect(at.logged()).toMatch(
    /ERROR: .*two: two-1\.0-py3-none-any\.whl is refused: policy: the publisher is github thief\/project/,
  )
  const path = join(at.mirror, 'web/integrity/one/1.0', one.filename, 'provenance')
  expect(readFileSync(path, 'utf8')).toBe(String(one.provenance))
  expect(existsSync(join(at.mirror, 'web/simple/one/index.html'))).toBe(true)
  expect(existsSync(join(at.mirror, 'web/simple/two'))).toBe(false)
  expect(await mirrorCommand(at.setting, PLAIN)).toBe(EXIT.ok)
  expect(await verifyCommand(at.setting, { ...VERIFY, attestations: true, delete: true })).toBe(EXIT.ok)
  writeFileSync(path, String(two.provenance))
  expect(await verifyCommand(at.setting, { ...VERIFY, attestations: true, dryRun: true })).toBe(EXIT.incomplete)
  expect(at.logged()).toContain(`${one.filename}: subject-name: the statement is about "two-1.0-py3-none-any.whl"`)
  expect(await verifyCommand(at.setting, { ...VERIFY, attestations: true })).toBe(EXIT.ok)
  expect(readFileSync(path, 'utf8')).toBe(String(one.provenance))
})

it.each([
  [
    'publishers = requests',
    /publishers = "requests": has the line "requests": it must begin with the name of a project/,
  ],
  ['publishers = requests = sourcehut ~a/b', /after "=" it needs none, github OWNER\/REPOSITORY \[WORKFLOW\]/],
  ['trusted-root = /nowhere/root.json', /trusted-root: \/nowhere\/root\.json cannot be read: ENOENT/],
  ['trusted-root = /dev/null', /\/dev\/null is not a trusted root/],
])('%s is an error before anything is written', async (line, message) => {
  const at = benchAt(NOBODY, `[attestations]\ncheck = warn\n${line}\n`)
  const refused = await mirrorCommand(at.setting, PLAIN).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ConfigError)
  expect(String(refused)).toMatch(message)
  expect(existsSync(at.mirror)).toBe(false)
  await expect(checkConfigCommand(at.setting, { offline: true })).rejects.toThrow(message)
})

it('publishers that nobody asks for are told, and verify --attestations needs something to check', async () => {
  const at = benchAt(NOBODY, '[attestations]\npublishers = one = none\n')
  await checkConfigCommand(at.setting, { offline: true })
  expect(at.logged()).toContain('[attestations] publishers has no effect, because check is off')
  const refused = await verifyCommand(at.setting, { ...VERIFY, attestations: true }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ConfigError)
  expect(String(refused)).toContain('verify --attestations needs provenance = true')
})

it('missing libraries are one line with the command that installs them', () => {
  const missing = (name: string): never => {
    throw new Error(`Cannot find module '${name}'\nRequire stack:\n- cli.js`)
  }
  expect(() => findSigstore()).not.toThrow()
  const error = ((): unknown => {
    try {
      return findSigstore(missing)
    } catch (thrown) {
      return thrown
    }
  })()
  expect(error).toBeInstanceOf(ConfigError)
  expect(String(error)).toMatch(/not installed: run `npm install @sigstore\/verify@3 [^\n]*`[^\n]*$/)
})
