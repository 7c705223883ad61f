import { BandersnatchError, ConfigError, EXIT, errorText } from '../errors.js'
import { mirrorStatus } from '../mirror/status.js'
import type { StatusOptions } from '../mirror/status.js'
import { withMirror } from './open.js'
import type { Setting } from './open.js'
import { replaceFile } from '../report/replace-file.js'
import { statusHtml } from '../report/status/html.js'
import { statusText } from '../report/status/text.js'

export interface StatusFlags extends StatusOptions {
  readonly json: boolean
  /** file for the page; undefined for none */
  readonly html: string | undefined
}

/** `bandersnatch status`: prints what the mirror holds, or writes a page about it. Changes nothing in the mirror. */
export async function statusCommand(setting: Setting, flags: StatusFlags): Promise<number> {
  const opening = { command: 'status', writesDiff: false, creates: false, readOnly: true }
  return withMirror(setting, opening, async (context) => {
    const status = await mirrorStatus(context, flags)
    if (status === undefined)
      throw new ConfigError(`${context.storage.location('')} is not a mirror. Run 'bandersnatch mirror' first`)
    if (flags.html !== undefined) writePage(flags.html, statusHtml(status, Date.now()))
    if (flags.json) setting.print(JSON.stringify(status, null, 2))
    else if (flags.html === undefined) setting.print(statusText(status, Date.now()))
    return EXIT.ok
  })
}

function writePage(path: string, page: string): void {
  try {
    replaceFile(path, page)
  } catch (error) {
    throw new BandersnatchError(`The page cannot be written to ${path}: ${errorText(error)}`, { cause: error })
  }
}
