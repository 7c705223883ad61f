import type { PackageIndex } from './package-index.js'
import { coreMetadataDigest, releaseMetadata, sortedFiles, sortedReleases, uploadTimeText } from './releases.js'
import { packagesPath } from './digests.js'
import type { IndexFile, IndexProject, IndexRelease } from './types.js'

const API_VERSION = '1.4'

interface ListedProject {
  readonly name: string
  readonly normalizedName: string
  readonly serial: number
}

/** The list of projects (PEP 691). Quarantined ones are left out. */
export function simpleList(index: PackageIndex): unknown {
  return {
    meta: { '_last-serial': index.serial, 'api-version': API_VERSION },
    projects: listed(index).map(({ name, serial }) => ({ '_last-serial': serial, name })),
  }
}

/** The list as HTML (PEP 503). */
export function simpleListHtml(index: PackageIndex): string {
  const links = listed(index).map(
    ({ name, normalizedName }) => `<a href="/simple/${normalizedName}/">${escape(name)}</a>\n`,
  )
  return page('Simple index', [], links.join(''))
}

/** A project's page (PEP 691, 700, 714, 740, 792). One in quarantine has no files. */
export function simplePage(project: IndexProject, base: string): unknown {
  const releases = shownReleases(project)
  return {
    meta: { '_last-serial': project.serial, 'api-version': API_VERSION },
    name: project.normalizedName,
    'project-status': { status: project.status },
    versions: releases.map((release) => release.version),
    files: releases.flatMap((release) => sortedFiles(release).map((file) => simpleFile(project, release, file, base))),
  }
}

/** A project's page as HTML (PEP 503, 592, 629, 658, 714). */
export function simplePageHtml(project: IndexProject, base: string): string {
  const links = shownReleases(project).flatMap((release) =>
    sortedFiles(release).map((file) => {
      const { hashes, ...said } = simpleFile(project, release, file, base)
      const metadata = said['core-metadata'] === false ? undefined : `sha256=${said['core-metadata'].sha256}`
      const attributes = [
        ['href', `${said.url}#sha256=${hashes.sha256}`],
        ['data-requires-python', said['requires-python']],
        ['data-yanked', said.yanked === true ? '' : said.yanked],
        ['data-dist-info-metadata', metadata],
        ['data-core-metadata', metadata],
        ['data-provenance', said.provenance],
      ].flatMap(([key, value]) => (typeof value === 'string' ? [`${key}="${escape(value)}"`] : []))
      return `<a ${attributes.join(' ')}>${escape(file.filename)}</a><br />\n`
    }),
  )
  const status = `<meta name="pypi:project-status" content="${project.status}">\n`
  const heading = `Links for ${project.normalizedName}`
  return `${page(heading, [status], `<h1>${heading}</h1>\n${links.join('')}`)}<!--SERIAL ${project.serial}-->\n`
}

function simpleFile(project: IndexProject, release: IndexRelease, file: IndexFile, base: string) {
  const metadata = coreMetadataDigest(file)
  const provenance = `${base}/integrity/${project.normalizedName}/${release.version}/${file.filename}/provenance`
  return {
    filename: file.filename,
    url: `${base}/${packagesPath(file.filename, file.digests())}`,
    hashes: { sha256: file.digests().sha256 },
    'requires-python': releaseMetadata(release).one('Requires-Python'),
    size: file.body.size,
    'upload-time': uploadTimeText(file),
    yanked: release.yanked,
    'core-metadata': metadata,
    'data-dist-info-metadata': metadata,
    provenance: file.attested === true || file.provenance !== undefined ? provenance : null,
  }
}

function shownReleases(project: IndexProject): IndexRelease[] {
  if (project.status === 'quarantined') return []
  return sortedReleases(project).filter(({ files, quarantined }) => files.length > 0 && quarantined !== true)
}

function listed(index: PackageIndex): ListedProject[] {
  return [...index.projects.values()]
    .filter((project) => project.status !== 'quarantined')
    .sort((a, b) => (a.normalizedName < b.normalizedName ? -1 : 1))
}

function page(title: string, meta: readonly string[], body: string): string {
  return `<!DOCTYPE html>
<html>
<head>
<meta name="pypi:repository-version" content="${API_VERSION}">
${meta.join('')}<title>${title}</title>
</head>
<body>
${body}</body>
</html>
`
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
