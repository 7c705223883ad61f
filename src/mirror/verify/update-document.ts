import { jsonKey } from '../../model/layout.js'
import type { Context } from '../run/context.js'
import { parseDocument } from '../../model/document.js'
import { confirmGone } from '../project/fetch-project.js'

/**
 * `verify --json-update`: fetches a project's metadata document anew. Stored as upstream sends it, like 8.0; but only
 * when it is one: an answer that makes no sense leaves what is there. 'gone' when upstream has the project no more.
 */
export async function updateDocument(context: Context, name: string): Promise<'updated' | 'gone'> {
  const document = await context.upstream.metadata(name, 0)
  if (document === 'gone') {
    await confirmGone(context, name)
    context.log.warn(`${name} is no longer upstream`)
    return 'gone'
  }
  parseDocument(document.json, document.text, name)
  await context.storage.write(jsonKey(name), document.text)
  return 'updated'
}
