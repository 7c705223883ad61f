import { counted } from '../../count.js'
import { LAYOUT } from '../../model/layout.js'
import type { Context } from '../run/context.js'

/** Which projects a verify that was stopped half-way had finished. */
export interface VerifyProgress {
  isDone(name: string): boolean
  done(name: string): Promise<void>
  /** Every project was looked at: the next verify begins anew. */
  finish(): Promise<void>
}

/** Names are appended this many at a time; so many are checked twice at worst. */
const BATCH = 64

/** Keeps the names in `.bandersnatch/verified`. A dry run and one that fetches documents keep nothing. */
export async function openProgress(
  { storage, log }: Context,
  options: { readonly dryRun: boolean; readonly jsonUpdate: boolean; readonly restart: boolean },
): Promise<VerifyProgress> {
  if (options.dryRun) return { isDone: () => false, done: async () => undefined, finish: async () => undefined }
  const keeps = !options.restart && !options.jsonUpdate
  const text = keeps ? ((await storage.read(LAYOUT.verified))?.toString('utf8') ?? '') : ''
  const before = new Set(
    text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((name) => name !== ''),
  )
  if (before.size > 0)
    log.info(
      `Going on with the verify that was stopped after ${counted(before.size, 'project')} (--restart begins anew)`,
    )
  else await storage.remove(LAYOUT.verified)
  let pending: string[] = []
  return {
    isDone: (name) => before.has(name),
    async done(name) {
      if (before.has(name)) return
      pending.push(name)
      if (pending.length < BATCH) return
      const lines = pending.map((done) => `${done}\n`).join('')
      pending = []
      await storage.append(LAYOUT.verified, lines)
    },
    async finish() {
      await storage.remove(LAYOUT.verified)
    },
  }
}
