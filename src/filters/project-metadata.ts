import { counted } from '../count.js'
import type { ConfigFile } from '../config/types.js'
import { errorText, InvalidDocumentError } from '../errors.js'
import type { Project } from '../model/project.js'
import { releaseFiles } from '../model/project.js'
import { parseSize } from '../python/size.js'
import { ALLOWLIST_PACKAGES, allowlistedNames } from './allowlist.js'
import type { Plugin, PluginContext } from './context.js'
import { readNumber } from './context.js'
import type { MetadataFilter } from './types.js'

const OPTION = 'max_package_size'

/** size_project_metadata: drops the projects whose files are larger in sum; not those on the allowlist. */
export const sizeProjectMetadata = {
  options: {
    size_project_metadata: {
      max_package_size: { type: 'text', doc: 'Larger projects are not mirrored: bytes, or e.g. 1G.' },
    },
    allowlist: ALLOWLIST_PACKAGES,
  },
  create: createSizeProjectMetadata,
} satisfies Plugin

function createSizeProjectMetadata({ config, warnUnused, warn }: PluginContext): MetadataFilter | undefined {
  const name = 'size_project_metadata'
  const text = config.get(name, OPTION)
  if (text === undefined) {
    warnUnused(`${name}: max_package_size is not set, so it keeps every project`)
    return undefined
  }
  const most = readSize(config, text)
  if (most === undefined) warn(`${config.invalid(name, OPTION, 'is not a size such as 1G').message}; ${name} keeps all`)
  if (most === undefined || most <= 0) return undefined
  const exempt = new Set(allowlistedNames(config))
  return {
    kind: 'metadata',
    name,
    summary: `drops projects of more than ${most} bytes${exceptText(exempt.size)}`,
    settings: [String(most), [...exempt]],
    keepMetadata: (project) => exempt.has(project.name) || totalSize(project) <= most,
  }
}

function readSize(config: ConfigFile, text: string): bigint | undefined {
  try {
    return parseSize(text)
  } catch (error) {
    throw config.invalid('size_project_metadata', OPTION, errorText(error))
  }
}

function totalSize(project: Project): number {
  let total = 0
  for (const { filename, size } of releaseFiles(project)) {
    if (size === undefined) throw new InvalidDocumentError(`${filename} has no size`)
    total += size
  }
  return total
}

/** versions_count_project_metadata: drops projects with too few or too many versions; not those on the allowlist. */
export const versionsCountProjectMetadata = {
  options: {
    versions_count_project_metadata: {
      min_versions: { type: 'integer', fallback: '0', doc: 'Projects with fewer versions are left out; 0: no limit.' },
      max_versions: { type: 'integer', fallback: '0', doc: 'Projects with more versions are left out; 0: no limit.' },
    },
    allowlist: ALLOWLIST_PACKAGES,
  },
  create: createVersionsCountProjectMetadata,
} satisfies Plugin

function createVersionsCountProjectMetadata(context: PluginContext): MetadataFilter | undefined {
  const name = 'versions_count_project_metadata'
  const { config, warnUnused, warn } = context
  const least = readNumber(context, name, 'min_versions') ?? 0
  const most = readNumber(context, name, 'max_versions') ?? 0
  if (Number.isNaN(least) || Number.isNaN(most)) return undefined
  if (most > 0 && least > most) {
    warn(`${name}: min_versions (${least}) is greater than max_versions (${most}), so it keeps every project`)
    return undefined
  }
  if (least === 0 && most === 0) {
    warnUnused(`${name}: neither min_versions nor max_versions is set, so it keeps every project`)
    return undefined
  }
  const exempt = new Set(allowlistedNames(config))
  return {
    kind: 'metadata',
    name,
    summary: `drops projects with ${limits(least, most)} versions${exceptText(exempt.size)}`,
    settings: [least, most, [...exempt]],
    pageSuffices: true,
    keepMetadata: (project) => {
      const count = project.releases.length
      return exempt.has(project.name) || ((least === 0 || count >= least) && (most === 0 || count <= most))
    },
  }
}

function limits(least: number, most: number): string {
  return [least === 0 ? '' : `less than ${least}`, most === 0 ? '' : `more than ${most}`].filter(Boolean).join(' or ')
}

function exceptText(exempt: number): string {
  return exempt === 0 ? '' : `, except ${counted(exempt, 'project')} on the allowlist`
}
