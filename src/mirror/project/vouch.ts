import { fileDigests } from '../../model/page.js'
import type { FileSpec } from '../../model/files.js'
import { nodeDigestName } from '../../model/digest.js'
import type { Context } from '../run/context.js'
import { carriesName } from './owners.js'
import { storedPages } from './stored.js'

export interface Claimant {
  /** the project that wants another file there */
  readonly name: string
  /** takes the names of projects whose pages name the file that is going to be replaced */
  readonly disturbed: Set<string>
}

/**
 * Whether a project may replace a stored file that is not what its metadata says. It may not where another project's
 * served page vouches for the stored bytes, unless the file carries the claimant's name and not that of the other.
 * Returns the reason why not.
 */
export async function mayReplace(
  context: Context,
  spec: FileSpec,
  { name, disturbed }: Claimant,
): Promise<string | undefined> {
  const others = await context.owners.others(spec.key, name)
  for (const other of others) {
    if (!(await vouches(context, spec, other))) continue
    const filename = spec.filename.replace(/\.metadata$/, '')
    if (!carriesName(filename, name) || carriesName(filename, other)) {
      return `${spec.filename} has other digests in ${other}, whose page names the same file: it is left as ${other} has it`
    }
    disturbed.add(other)
  }
  return undefined
}

/** Whether the stored file is what a page of the other project says. */
async function vouches({ storage, config }: Context, spec: FileSpec, other: string): Promise<boolean> {
  for (const page of await storedPages(storage, config, other)) {
    for (const [name, hex] of fileDigests(page, spec.key, config.rootUri)) {
      const known = nodeDigestName(name)
      if (known === undefined) continue
      const [state] = await storage.checkAll([{ ...spec, size: undefined, digest: { name: known, hex } }], {
        method: 'hash',
      })
      if (state === 'current') return true
    }
  }
  return false
}
