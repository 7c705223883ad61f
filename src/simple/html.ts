import { coreMetadataDigest } from '../model/expected.js'
import { localUrl } from '../model/layout.js'
import { field } from '../model/json.js'
import type { Digest, Project, ReleaseFile } from '../model/project.js'
import { escapeHref, escapeHtml } from './escape.js'
import { pageFiles } from './files.js'
import type { PageOptions } from './types.js'

const HEAD = '<!DOCTYPE html>\n<html>\n  <head>\n'

/** The last version of the Simple API for HTML: what later versions add is in JSON pages only (PEP 833). */
const LAST_HTML_VERSION = '1.4'

/** `pypi:repository-version`: 8.0 writes 1.0 and, in JSON, 1.1 (PEP 629, PEP 700). */
export function repositoryVersion(options: PageOptions): string {
  return options.apiVersion === '1.1' ? '1.0' : LAST_HTML_VERSION
}

/**
 * A project's page (PEP 503), with PEP 592, 658/714, 708, 740 and 792 where upstream gives them.
 */
export function projectHtml(project: Project, options: PageOptions): string {
  // PyPI's own title is the normalized name: spellings differ from index to index.
  const title = escapeHtml(options.apiVersion === '1.1' ? project.rawName : project.name)
  const links = pageFiles(project)
    .map((file) => fileLink(file, project, options))
    .join('\n')
  return (
    `${HEAD}    <meta name="pypi:repository-version" content="${repositoryVersion(options)}">\n` +
    statusTags(project, options) +
    `    <title>Links for ${title}</title>\n  </head>\n  <body>\n    <h1>Links for ${title}</h1>\n` +
    `${links}\n  </body>\n</html>\n<!--SERIAL ${project.lastSerial}-->`
  )
}

function statusTags(project: Project, options: PageOptions): string {
  if (options.apiVersion === '1.1' || project.page === undefined) return ''
  const { projectStatus, alternateLocations } = project.page
  const tag = (name: string, content: string): string =>
    `    <meta name="pypi:${name}" content="${escapeHtml(content)}">\n`
  return (
    (projectStatus === undefined ? '' : tag('project-status', projectStatus.status)) +
    (projectStatus?.reason === undefined ? '' : tag('project-status-reason', projectStatus.reason)) +
    alternateLocations.map((location) => tag('alternate-locations', location)).join('')
  )
}

function fileLink(file: ReleaseFile, project: Project, options: PageOptions): string {
  const href = escapeHref(localUrl(file.path, options.rootUri))
  const digest = pageDigest(file, options.digestName)
  const attributes =
    requiresPython(file) + coreMetadata(file, options) + provenance(file, project, options) + yanked(file)
  return `    <a href="${href}#${digest.name}=${digest.hex}"${attributes}>${escapeHtml(file.filename)}</a><br/>`
}

/** The digest that the pages give for a file: the configured one, or where upstream has none the one that verifies it. */
export function pageDigest(file: ReleaseFile, digestName: string): Digest {
  const hex = file.digests.get(digestName)
  return hex === undefined ? file.digest : { name: digestName, hex }
}

function requiresPython(file: ReleaseFile): string {
  const value = field(file.raw, 'requires_python')
  return typeof value === 'string' ? ` data-requires-python="${escapeHtml(value)}"` : ''
}

function coreMetadata(file: ReleaseFile, options: PageOptions): string {
  const digest = options.coreMetadata ? coreMetadataDigest(file, options.digestName) : undefined
  if (digest === undefined) return ''
  const value = `${digest.name}=${digest.hex}`
  return ` data-core-metadata="${value}" data-dist-info-metadata="${value}"`
}

function provenance(file: ReleaseFile, project: Project, options: PageOptions): string {
  const url = options.apiVersion === '1.1' ? undefined : project.page?.provenance.get(file.filename)
  return typeof url === 'string' ? ` data-provenance="${escapeHref(url)}"` : ''
}

function yanked(file: ReleaseFile): string {
  const yankedValue = field(file.raw, 'yanked')
  if (yankedValue === undefined || yankedValue === null || yankedValue === false || yankedValue === '') return ''
  const reason = field(file.raw, 'yanked_reason')
  return ` data-yanked="${typeof reason === 'string' ? escapeHtml(reason) : ''}"`
}

/** The root page (PEP 503) piece by piece: `names` are normalized. */
export function* rootHtml(names: Iterable<string>, options: PageOptions): Generator<string> {
  yield (
    `${HEAD}    <meta name="pypi:repository-version" content="${repositoryVersion(options)}">\n` +
    '    <title>Simple Index</title>\n  </head>\n  <body>\n'
  )
  for (const name of names) {
    const text = escapeHtml(name)
    yield `    <a href="${escapeHref(name)}/">${text}</a><br/>\n`
  }
  yield '  </body>\n</html>'
}
