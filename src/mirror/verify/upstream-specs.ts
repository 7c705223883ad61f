import { BandersnatchError, errorText } from '../../errors.js'
import { expectedFiles } from '../../model/expected.js'
import type { FileSpec } from '../../model/files.js'
import { fetchProject } from '../project/fetch-project.js'
import { expectedOptions } from '../project/store-project.js'
import type { Context } from '../run/context.js'

/** The spec as upstream's metadata has it now, for files of a page that does not tell where to get them. */
export function upstreamSpecs(context: Context, name: string): (spec: FileSpec) => Promise<FileSpec> {
  let asked: Promise<Map<string, FileSpec>> | undefined
  const ask = async (): Promise<Map<string, FileSpec>> => {
    const fetched = await fetchProject(context, name, 0)
    if (typeof fetched === 'string') throw new BandersnatchError(`${name} is no longer upstream`)
    return new Map(
      expectedFiles(fetched.project, { ...expectedOptions(context), coreMetadata: true }).map((spec) => [
        spec.key,
        spec,
      ]),
    )
  }
  return async (spec) => {
    asked ??= ask()
    const specs = await asked.catch((error: unknown) => {
      throw new BandersnatchError(`${spec.filename} cannot be repaired: ${errorText(error)}`)
    })
    const found = specs.get(spec.key)
    if (found === undefined)
      throw new BandersnatchError(`${spec.filename} cannot be repaired: upstream no longer has it`)
    return found
  }
}
