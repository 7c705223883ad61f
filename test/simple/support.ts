import { parseProject } from '../../src/model/parse.js'
import type { PageFields, Project } from '../../src/model/project.js'
import type { PageOptions } from '../../src/simple/types.js'

export const OPTIONS: PageOptions = {
  format: 'ALL',
  apiVersion: '1.4',
  digestName: 'sha256',
  rootUri: '',
  coreMetadata: true,
}
export const OLD: PageOptions = { ...OPTIONS, apiVersion: '1.1' }

/** A release file as PyPI's JSON API has it. */
export function file(filename: string, fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    filename,
    url: `https://files.example/packages/aa/bb/${encodeURIComponent(filename)}`,
    digests: { md5: '0123456789abcdef0123456789abcdef', sha256: 'ab'.repeat(32) },
    size: 7,
    upload_time_iso_8601: '2024-02-03T04:05:06.000007Z',
    requires_python: null,
    yanked: false,
    yanked_reason: null,
    'core-metadata': false,
    ...fields,
  }
}

/** `releases`: version -> files */
export function project(releases: Record<string, Record<string, unknown>[]>, page?: Partial<PageFields>): Project {
  const document = { info: { name: 'Foo.Bar' }, last_serial: 42, releases }
  const { project: parsed, refused } = parseProject(document, 'Foo.Bar', { releaseOrder: Object.keys(releases) })
  if (refused.length > 0) throw new Error(refused.join('\n'))
  if (page === undefined) return parsed
  return { ...parsed, page: { projectStatus: undefined, alternateLocations: [], provenance: new Map(), ...page } }
}
