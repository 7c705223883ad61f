import { errorText } from '../../errors.js'
import type { FileSpec } from '../../model/files.js'
import { fetchFile } from '../project/fetch-files.js'
import { mayReplace } from '../project/vouch.js'
import { throwIfStopped } from '../run/context.js'
import { isProjectFault } from '../run/fault.js'
import type { Verifying } from './types.js'

export interface FilesToCheck {
  readonly specs: readonly FileSpec[]
  /** adds what must be known to fetch a file */
  readonly complete: (spec: FileSpec) => Promise<FileSpec>
}

/** Reads a project's files, and fetches those that are missing or wrong. Returns those that could not be had: key -> reason. */
export async function repairFiles(
  { context, options }: Verifying,
  name: string,
  { specs, complete }: FilesToCheck,
): Promise<Map<string, string>> {
  const { storage, log, report, config } = context
  const failed = new Map<string, string>()
  const states = await storage.checkAll(specs, { method: config.compareMethod, trustMetadata: false })
  report.verified.files += specs.length
  for (const [position, spec] of specs.entries()) {
    throwIfStopped(context)
    const condition = states[position] ?? 'missing'
    report.verified.bytes += condition === 'missing' ? 0 : (spec.size ?? 0)
    if (condition === 'current') continue
    if (options.dryRun) {
      log.info(`[DRY RUN] would fetch ${spec.filename}, which is ${condition}`)
      report.planned.fetch.push({ project: name, path: storage.location(spec.key), condition, bytes: spec.size ?? 0 })
      continue
    }
    try {
      const refusal =
        condition === 'mismatch' ? await mayReplace(context, spec, { name, disturbed: new Set() }) : undefined
      if (refusal !== undefined) {
        failed.set(spec.key, refusal)
        continue
      }
      await fetchFile(context, await complete(spec))
      log.info(`Repaired ${storage.location(spec.key)}, which was ${condition}`)
    } catch (error) {
      throwIfStopped(context)
      if (!isProjectFault(error)) throw error
      // What is not what the page promises is not served.
      if (condition === 'mismatch') await storage.remove(spec.key)
      failed.set(spec.key, errorText(error))
      if (config.stopOnError) break
    }
  }
  return failed
}
