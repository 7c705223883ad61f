import { packagesPath } from './digests.js'
import { packageType, pythonVersion } from './filename.js'
import {
  coreMetadataDigest,
  releaseMetadata,
  shownRelease,
  sortedFiles,
  sortedReleases,
  uploadTimeText,
} from './releases.js'
import type { IndexFile, IndexProject, IndexRelease } from './types.js'

/**
 * What `/pypi/<name>/json` says (https://docs.pypi.org/api/json/); undefined, as PyPI answers 404, for a project
 * in quarantine and for one without releases.
 */
export function projectJson(project: IndexProject, base: string): unknown {
  const shown = shownRelease(project)
  if (shown === undefined || project.status === 'quarantined') return undefined
  return {
    info: info(project, shown, base),
    last_serial: project.serial,
    ownership: { organization: null, roles: [{ role: 'Owner', user: project.owner }] },
    releases: new Map(sortedReleases(project).map((release) => [release.version, filesOf(release, base)])),
    urls: filesOf(shown, base),
    vulnerabilities: [],
  }
}

/** What `/pypi/<name>/<version>/json` says: the same of one release, without the others. */
export function releaseJson(project: IndexProject, version: string, base: string): unknown {
  const release = project.releases.get(version)
  if (release === undefined || project.status === 'quarantined') return undefined
  return {
    info: info(project, release, base),
    last_serial: project.serial,
    urls: filesOf(release, base),
    vulnerabilities: [],
  }
}

function info(project: IndexProject, release: IndexRelease, base: string): unknown {
  const { one, all, description } = releaseMetadata(release)
  const list = (field: string): readonly string[] | null => (all(field).length > 0 ? all(field) : null)
  const urls = all('Project-URL').map((line): [string, string] => {
    const comma = line.indexOf(',')
    return [line.slice(0, comma).trim(), line.slice(comma + 1).trim()]
  })
  return {
    author: one('Author'),
    author_email: one('Author-email'),
    bugtrack_url: null,
    classifiers: all('Classifier'),
    description,
    description_content_type: one('Description-Content-Type'),
    docs_url: null,
    download_url: one('Download-URL'),
    downloads: { last_day: -1, last_month: -1, last_week: -1 },
    dynamic: list('Dynamic'),
    home_page: one('Home-page'),
    keywords: one('Keywords'),
    license: one('License'),
    license_expression: one('License-Expression'),
    license_files: list('License-File'),
    maintainer: one('Maintainer'),
    maintainer_email: one('Maintainer-email'),
    name: project.name,
    package_url: `${base}/project/${project.name}/`,
    platform: list('Platform')?.join(',') ?? null,
    project_url: `${base}/project/${project.name}/`,
    project_urls: urls.length > 0 ? new Map(urls) : null,
    provides_extra: list('Provides-Extra'),
    release_url: `${base}/project/${project.name}/${release.version}/`,
    requires_dist: list('Requires-Dist'),
    requires_python: one('Requires-Python'),
    summary: one('Summary'),
    version: release.version,
    ...yankedFields(release),
  }
}

function filesOf(release: IndexRelease, base: string): unknown[] {
  return sortedFiles(release).map((file) => releaseFile(release, file, base))
}

function releaseFile(release: IndexRelease, file: IndexFile, base: string): unknown {
  const { md5, sha256 } = file.digests()
  return {
    comment_text: null,
    'core-metadata': coreMetadataDigest(file),
    digests: { md5, sha256 },
    downloads: -1,
    filename: file.filename,
    has_sig: false,
    md5_digest: md5,
    packagetype: packageType(file.filename),
    python_version: pythonVersion(file.filename),
    requires_python: releaseMetadata(release).one('Requires-Python'),
    size: file.body.size,
    upload_time: uploadTimeText(file).slice(0, 19),
    upload_time_iso_8601: uploadTimeText(file),
    url: `${base}/${packagesPath(file.filename, file.digests())}`,
    ...yankedFields(release),
  }
}

function yankedFields({ yanked }: IndexRelease): { yanked: boolean; yanked_reason: string | null } {
  return { yanked: yanked !== false, yanked_reason: typeof yanked === 'string' ? yanked : null }
}
