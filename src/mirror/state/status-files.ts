import { BandersnatchError } from '../../errors.js'
import type { Log } from '../../log/types.js'
import { LAYOUT } from '../../model/layout.js'
import type { Storage } from '../../storage/types.js'
import type { RememberedFiles } from './run-notes.js'

const GENERATION = 5

/** What is still owed: everything up to `target` is done except these. */
export interface Todo {
  readonly target: number
  /** name as upstream spells it -> serial */
  readonly projects: ReadonlyMap<string, number>
}

/** The state files that bandersnatch 8.0 keeps, in its formats. */
export interface State {
  /** serial up to which everything is mirrored; undefined before the first complete run */
  readonly status: number | undefined
  readonly todo: Todo | undefined
}

export interface LoadOptions {
  /** nothing is changed on disk */
  readonly readOnly?: boolean
  /** what the last run left: a file that is still the same is not read */
  readonly remembered?: RememberedFiles | undefined
}

/**
 * Reads the state as 8.0 does: an unreadable `generation` or one of an old release means a sync from the start, an
 * inconsistent `todo` is dropped. @throws BandersnatchError for a status or generation that nobody may guess about
 */
export async function loadState(
  storage: Storage,
  log: Log,
  { readOnly = false, remembered = {} }: LoadOptions = {},
): Promise<State> {
  let todo = await loadTodo(storage, log, readOnly)
  const text = await recall(storage, LAYOUT.generation, remembered)
  const generation = text === undefined ? undefined : wholeNumber(text)
  if (generation !== undefined && (generation < 2 || generation > GENERATION)) {
    throw new BandersnatchError(
      `${storage.location(LAYOUT.generation)} says ${generation}, which this version does not know; ` +
        'was the mirror written by a newer bandersnatch?',
    )
  }
  if (generation !== GENERATION) {
    log.info(
      `The generation file is ${text === undefined ? 'missing' : 'old or unreadable'}: starting over with the state files`,
    )
    if (readOnly) return { status: undefined, todo: undefined }
    await storage.remove(LAYOUT.status)
    await storage.remove(LAYOUT.todo)
    todo = undefined
  }
  if (text !== String(GENERATION)) await storage.write(LAYOUT.generation, String(GENERATION), { private: true })
  return { status: await loadStatus(storage, remembered), todo }
}

/** A state file's text: from memory where the storage tells that it is still the same. */
async function recall(storage: Storage, key: string, remembered: RememberedFiles): Promise<string | undefined> {
  const [version, text] = Object.hasOwn(remembered, key) ? (remembered[key] ?? []) : []
  return version !== undefined && version === storage.properties.version?.(key) ? text : readText(storage, key)
}

async function loadStatus(storage: Storage, remembered: RememberedFiles): Promise<number | undefined> {
  const text = await recall(storage, LAYOUT.status, remembered)
  if (text === undefined) return undefined
  const status = wholeNumber(text)
  if (status !== undefined) return status
  throw new BandersnatchError(
    `${storage.location(LAYOUT.status)} does not hold a serial but ${JSON.stringify(text.slice(0, 80))}; ` +
      'write the last serial into it, or remove it to check everything again',
  )
}

async function loadTodo(storage: Storage, log: Log, readOnly: boolean): Promise<Todo | undefined> {
  const text = await readText(storage, LAYOUT.todo)
  if (text === undefined) return undefined
  const todo = parseTodo(text)
  if (todo !== undefined) return todo
  log.error(`Removing ${storage.location(LAYOUT.todo)}: it is inconsistent. Going on from the last complete sync`)
  if (!readOnly) await storage.remove(LAYOUT.todo)
  return undefined
}

/**
 * undefined when it is not a serial followed by lines of name and serial. A name may hold spaces, as upstream's list may:
 * such a name is not valid, and the run refuses only that project.
 */
export function parseTodo(text: string): Todo | undefined {
  const [first = '', ...lines] = text.split(/\r\n|[\n\r]/)
  const target = wholeNumber(first)
  if (target === undefined) return undefined
  if (lines.at(-1) === '') lines.pop()
  const projects = new Map<string, number>()
  for (const line of lines) {
    const [, name = '', serialText = ''] = /^(\S.*?)\s+(\S+)$/.exec(line.trim()) ?? []
    const serial = wholeNumber(serialText)
    if (name === '' || serial === undefined) return undefined
    projects.set(name, serial)
  }
  return { target, projects }
}

/** A name with white space is left out: the run has refused it, and 8.0 would drop the whole file for it. */
export async function writeTodo(storage: Storage, todo: Todo): Promise<void> {
  const lines = [...todo.projects].filter(([name]) => !/\s/.test(name)).map(([name, serial]) => `${name} ${serial}`)
  await storage.write(LAYOUT.todo, `${todo.target}\n${lines.join('\n')}`, { private: true })
}

/** What the next run need not read. Empty where the storage does not tell whether a file is still the same. */
export function rememberedFiles(storage: Storage, serial: number): RememberedFiles {
  const texts = [
    [LAYOUT.status, String(serial)],
    [LAYOUT.generation, String(GENERATION)],
  ] as const
  return Object.fromEntries(
    texts.flatMap(([key, text]): [string, [string, string]][] => {
      const version = storage.properties.version?.(key)
      return version === undefined ? [] : [[key, [version, text]]]
    }),
  )
}

export interface Commit {
  readonly serial: number
  readonly startedAt: Date
  /** what `status` says so far, where there is one */
  readonly before: number | undefined
}

/** The run is complete up to `serial`. Everything else is on disk before this is called. */
export async function commitStatus(storage: Storage, { serial, startedAt, before }: Commit): Promise<void> {
  await storage.remove(LAYOUT.todo)
  await storage.remove(LAYOUT.journal)
  const stamp = startedAt.toISOString().replace(/[-]/g, '').slice(0, 17)
  await storage.write(LAYOUT.lastModified, `${stamp}\n`, { private: true })
  // In a directory its time tells when the last run was, as with 8.0; in a bucket it would cost a request.
  if (serial === before && storage.properties.version?.(LAYOUT.status) !== undefined) return
  await storage.write(LAYOUT.status, String(serial), { private: true })
}

/** What Python's int() accepts of what these files can hold. */
function wholeNumber(text: string): number | undefined {
  const trimmed = text.trim()
  const number = /^[+-]?\d{1,15}$/.test(trimmed) ? Number(trimmed) : undefined
  return number
}

async function readText(storage: Storage, key: string): Promise<string | undefined> {
  return (await storage.read(key))?.toString('utf8')
}
