import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, onTestFinished } from 'vitest'
import { deleteCommand } from '../../../src/commands/delete.js'
import { mirrorCommand } from '../../../src/commands/mirror.js'
import type { Setting } from '../../../src/commands/open.js'
import { syncCommand } from '../../../src/commands/sync.js'
import { verifyCommand } from '../../../src/commands/verify.js'
import { BandersnatchError, errorText } from '../../../src/errors.js'
import { bench } from '../../commands/support.js'
import type { Answer, HookedRequest } from '../../helpers/index/index.js'
import { answerWith } from '../../helpers/index/index.js'
import type { Ran } from '../support.js'

/** The files of a mirror, wherever they are kept. Keys begin with `web/` or `.bandersnatch/`. */
export interface Place {
  /** for `directory` in the configuration */
  readonly directory: string
  /** a further section of the configuration, and options of [mirror] */
  readonly section: string
  readonly options: string
  keys(): Promise<string[]>
  read(key: string): Promise<string | undefined>
  write(key: string, text: string | Buffer): Promise<void>
  erase(key: string): Promise<void>
}

export interface MirrorFlags {
  readonly forceCheck?: boolean
  readonly allowRemovals?: boolean
  readonly retryFailed?: boolean
}

export interface VerifyFlags {
  readonly delete?: boolean
  readonly dryRun?: boolean
  readonly jsonUpdate?: boolean
  readonly yes?: boolean
}

/** A mirror whose options and clock change from run to run. */
export interface Mirror extends Place {
  mirror(flags?: MirrorFlags): Promise<Ran>
  verify(flags?: VerifyFlags): Promise<Ran>
  sync(...names: readonly string[]): Promise<Ran>
  delete(...names: readonly string[]): Promise<Ran>
  /** Other lines of [mirror] in the place of those so far; then other sections. */
  configure(options: string): void
  /** The time at which the next commands start; undefined for the machine's. */
  at(time: Date | undefined): void
  /** Stops the command that runs, as a signal does. */
  stop(): void
}

const STOPPED = 143

/** A mirror in a directory, removed when the test ends. */
export function directoryPlace(directory: string): Place {
  const path = (key: string): string => join(directory, key)
  return {
    directory,
    section: '',
    options: '',
    async keys() {
      if (!existsSync(directory)) return []
      return readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => !entry.isDirectory())
        .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
        .sort()
    },
    async read(key) {
      return existsSync(path(key)) ? readFileSync(path(key), 'utf8') : undefined
    },
    async write(key, text) {
      mkdirSync(dirname(path(key)), { recursive: true })
      // Copies of a page may share an inode.
      rmSync(path(key), { force: true })
      writeFileSync(path(key), text)
    },
    async erase(key) {
      rmSync(path(key), { recursive: true, force: true })
    },
  }
}

/** A mirror in a directory of its own, or in another place. */
export function createMirror(master: string, options = '', elsewhere?: Place): Mirror {
  const { directory: home, mirror: directory, setting, logged } = bench(master)
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const place = elsewhere ?? directoryPlace(directory)
  let time: Date | undefined
  let running = new AbortController()
  const configure = (lines: string): void => {
    const head = `[mirror]\ndirectory = ${place.directory}\nmaster = ${master}\nallow-non-https = true\n${place.options}`
    writeFileSync(setting.configPath, `${head}${lines}${place.section}`)
  }
  const run = async (command: (setting: Setting) => Promise<number>): Promise<Ran> => {
    running = new AbortController()
    const before = logged().length
    const end = (code: number, error = ''): Ran => ({ code, log: logged().slice(before) + error })
    const now = time
    try {
      return end(await command({ ...setting, stop: running, ...(now === undefined ? {} : { now: () => now }) }))
    } catch (error) {
      if (error instanceof BandersnatchError) return end(error.exitCode, errorText(error))
      if (running.signal.aborted) return end(STOPPED)
      throw error
    }
  }
  configure(options)
  return {
    ...place,
    mirror: ({ forceCheck = false, allowRemovals = false, retryFailed = false } = {}) =>
      run((own) => mirrorCommand(own, { forceCheck, allowRemovals, retryFailed })),
    verify: (flags = {}) =>
      run((own) =>
        verifyCommand(own, {
          delete: false,
          dryRun: false,
          jsonUpdate: false,
          restart: false,
          yes: false,
          workers: 0,
          ...flags,
        }),
      ),
    sync: (...names) => run((own) => syncCommand(own, names, { skipSimpleRoot: false, dryRun: false })),
    delete: (...names) => run((own) => deleteCommand(own, names, { dryRun: false })),
    configure,
    at: (other) => void (time = other),
    stop: () => running.abort(new Error('stopped by the test')),
  }
}

/** The same mirror in another directory, as `cp -a` makes it. */
export function copyOf(mirror: Mirror, master: string, options = ''): Mirror {
  const copy = createMirror(master, options)
  cpSync(mirror.directory, copy.directory, { recursive: true, verbatimSymlinks: true })
  return copy
}

const HOST = 'http://mirror.test'
const PAGE = /^web\/simple\/.+\/index\.(?:html|v1_html|v1_json)$/

/** The links of a page, each with whether the page announces a core metadata file (PEP 658). */
function pageLinks(key: string, page: string): { url: string; metadata: boolean }[] {
  if (key.endsWith('json')) {
    const { files } = JSON.parse(page) as { files: { url: string; 'core-metadata'?: unknown }[] }
    return files.map((file) => ({ url: file.url, metadata: Boolean(file['core-metadata']) }))
  }
  return [...page.matchAll(/<a href="([^"]+)"([^>]*)>/g)].map(([, url = '', rest = '']) => ({
    url,
    metadata: rest.includes('data-core-metadata'),
  }))
}

/** A mirror may be served below any `root_uri`: its files are below the last `/packages/`. */
function linkedKey(page: string, link: string): string {
  // With hash-index, too, clients ask for /simple/NAME/.
  const { pathname } = new URL(link, `${HOST}/simple/${page.split('/').at(-2) ?? ''}/`)
  return `web${decodeURIComponent(pathname.slice(pathname.lastIndexOf('/packages/')))}`
}

/** Keys of the release files that a page names. */
export function linkedKeys(key: string, page: string): string[] {
  return pageLinks(key, page).map(({ url }) => linkedKey(key, url))
}

/** Keys of the release files that a page names and of the core metadata files that it announces. */
function neededKeys(key: string, page: string): string[] {
  return pageLinks(key, page).flatMap(({ url, metadata }) => {
    const file = linkedKey(key, url)
    return metadata ? [file, `${file}.metadata`] : [file]
  })
}

/** Every link of a served page, in every format and place, to a file that is not there. */
export async function danglingLinks(mirror: Place): Promise<string[]> {
  const keys = new Set(await mirror.keys())
  const dangling: string[] = []
  for (const key of keys) {
    if (!PAGE.test(key)) continue
    const page = await mirror.read(key)
    if (page === undefined) dangling.push(`${key} cannot be read`)
    else for (const file of neededKeys(key, page)) if (!keys.has(file)) dangling.push(`${key} -> ${file}`)
  }
  return dangling
}

/** Pages and files: path below the mirror -> text; of release files only that they are there. */
export async function servedBy(mirror: Place): Promise<Record<string, string>> {
  const served: Record<string, string> = {}
  for (const key of await mirror.keys()) {
    if (/^web\/(?:simple|json|pypi)\//.test(key)) served[key] = (await mirror.read(key)) ?? ''
    else if (key.startsWith('web/packages/') && !key.endsWith('.s3keep')) served[key] = 'a file'
  }
  return served
}

/** Expects that a mirror serves what a new one of the same index and options does. */
export async function expectFresh(mirror: Mirror, master: string, options: string): Promise<void> {
  const fresh = createMirror(master, options)
  expect(await fresh.mirror()).toMatchObject({ code: 0 })
  const [has, wanted] = [await servedBy(mirror), await servedBy(fresh)]
  expect(Object.keys(has)).toEqual(Object.keys(wanted))
  for (const [key, text] of Object.entries(wanted)) expect(has[key], key).toBe(text)
}

/** Filenames that a project's page names, in any format. */
export async function pageNames(mirror: Place, name: string): Promise<string[]> {
  for (const page of ['index.v1_json', 'index.html']) {
    const key = `web/simple/${name}/${page}`
    const text = await mirror.read(key)
    if (text !== undefined) return linkedKeys(key, text).map((file) => file.slice(file.lastIndexOf('/') + 1))
  }
  return []
}

/** Names in the root index. */
export async function rootNames(mirror: Place): Promise<string[]> {
  const json = await mirror.read('web/simple/index.v1_json')
  if (json !== undefined) return (JSON.parse(json) as { projects: { name: string }[] }).projects.map(({ name }) => name)
  return [...((await mirror.read('web/simple/index.html')) ?? '').matchAll(/<a href="([^"/]+)\/"/g)].map(
    ([, name = '']) => name,
  )
}

/** The index's usual answer with its JSON changed; other answers stay as they are. */
export function changed(request: HookedRequest, change: (text: string) => string): Answer {
  const { status, headers, body } = request.usual()
  const bytes = body.read(0, body.size)
  const encoding = headers['content-encoding']
  const rest = Object.fromEntries(Object.entries(headers).filter(([name]) => !/^(?:etag|content-encoding)$/.test(name)))
  return answerWith(status, rest, change((encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString()))
}
