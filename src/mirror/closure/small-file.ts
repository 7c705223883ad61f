import { createHash } from 'node:crypto'
import { IntegrityError } from '../../errors.js'
import type { FileSpec } from '../../model/files.js'
import { askAgain } from '../run/ask-again.js'
import type { Context } from '../run/context.js'
import { fetchFile } from '../project/fetch-files.js'

export interface ReadOptions {
  /** nothing is stored */
  readonly readOnly: boolean
  readonly maxBytes: number
}

/**
 * A release file or core metadata file: from the mirror where it has it, else from upstream. The mirror keeps it, as it
 * will serve it.
 * @throws UpstreamError, IntegrityError
 */
export async function readSpec(context: Context, spec: FileSpec, options: ReadOptions): Promise<Buffer> {
  const { config, storage } = context
  const isServed = config.releaseFiles && (spec.kind === 'release' || config.coreMetadata)
  const [state] = isServed ? await storage.checkAll([spec], { method: 'hash' }) : ['missing' as const]
  // What another project has under this name is left alone here.
  if (isServed && state !== 'mismatch') {
    if (state === 'missing' && !options.readOnly) await fetchFile(context, spec)
    const body = state === 'current' || !options.readOnly ? await storage.read(spec.key) : undefined
    if (body !== undefined) return body
  }
  return askAgain(context, 'project', () => fromFirst(context, spec, options.maxBytes))
}

async function fromFirst({ http }: Context, spec: FileSpec, maxBytes: number): Promise<Buffer> {
  let failure: unknown
  for (const url of spec.urls) {
    try {
      const body = await http.fetchFile(url, { size: undefined, maxBytes })
      const { name, hex } = spec.digest
      if (createHash(name).update(body).digest('hex') === hex) return body
      failure = new IntegrityError(`${spec.filename}: its ${name} is not ${hex}`)
    } catch (error) {
      failure = error
    }
  }
  throw failure
}
