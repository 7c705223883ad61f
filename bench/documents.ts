import type { PlannedFile, PlannedProject } from './projects.js'

/** A release file with what an index tells about it. */
export interface IndexedFile extends PlannedFile {
  /** below `/packages/` */
  readonly path: string
  readonly md5: string
  readonly sha256: string
  /** of the core metadata file; undefined where there is none */
  readonly metadataSha256: string | undefined
}

export interface IndexedProject extends PlannedProject {
  readonly files: readonly IndexedFile[]
}

/** What `/pypi/<name>/json` answers (https://docs.pypi.org/api/json/), with its keys in PyPI's order. */
export function metadataDocument(project: IndexedProject, base: string, description: string): string {
  const { name, serial, files } = project
  const releases = new Map<string, unknown[]>()
  for (const file of files) {
    const release = releases.get(file.version) ?? []
    release.push(releaseFile(file, base))
    releases.set(file.version, release)
  }
  const [latest = '', urls = []] = [...releases].at(-1) ?? []
  return JSON.stringify({
    info: {
      author: 'A. Uthor',
      author_email: null,
      bugtrack_url: null,
      classifiers: ['License :: OSI Approved :: MIT License', 'Programming Language :: Python :: 3'],
      description,
      description_content_type: 'text/markdown',
      docs_url: null,
      download_url: null,
      downloads: { last_day: -1, last_month: -1, last_week: -1 },
      dynamic: null,
      home_page: null,
      keywords: 'bench, index',
      license: null,
      license_expression: 'MIT',
      license_files: ['LICENSE'],
      maintainer: null,
      maintainer_email: null,
      name,
      package_url: `${base}/project/${name}/`,
      platform: null,
      project_url: `${base}/project/${name}/`,
      project_urls: { Homepage: `https://example.org/${name}`, Source: `https://example.org/${name}/source` },
      provides_extra: ['test'],
      release_url: `${base}/project/${name}/${latest}/`,
      requires_dist: ['packaging>=23', 'typing-extensions; python_version < "3.11"', 'pytest; extra == "test"'],
      requires_python: '>=3.8',
      summary: `The project ${name}`,
      version: latest,
      yanked: false,
      yanked_reason: null,
    },
    last_serial: serial,
    ownership: { organization: null, roles: [{ role: 'Owner', user: 'owner' }] },
    releases: Object.fromEntries(releases),
    urls,
    vulnerabilities: [],
  })
}

function releaseFile(file: IndexedFile, base: string): unknown {
  return {
    comment_text: null,
    'core-metadata': coreMetadata(file),
    digests: { md5: file.md5, sha256: file.sha256 },
    downloads: -1,
    filename: file.filename,
    has_sig: false,
    md5_digest: file.md5,
    packagetype: file.packagetype,
    python_version: file.packagetype === 'sdist' ? 'source' : (file.filename.split('-')[2] ?? 'py3'),
    requires_python: '>=3.8',
    size: file.size,
    upload_time: file.uploaded.slice(0, 19),
    upload_time_iso_8601: file.uploaded,
    url: `${base}/packages/${file.path}`,
    yanked: false,
    yanked_reason: null,
  }
}

function coreMetadata({ metadataSha256 }: IndexedFile): false | { sha256: string } {
  return metadataSha256 === undefined ? false : { sha256: metadataSha256 }
}

/** A project's page of the Simple API as PyPI serves it (version 1.4: PEP 691, 700, 714, 740, 792). */
export function simplePage({ normalizedName, serial, files }: IndexedProject, base: string, attested = false): string {
  const provenance = ({ filename, version }: IndexedFile): string =>
    `${base}/integrity/${normalizedName}/${version}/${filename}/provenance`
  return JSON.stringify({
    'alternate-locations': [],
    files: files.map((file) => ({
      'core-metadata': coreMetadata(file),
      'data-dist-info-metadata': coreMetadata(file),
      filename: file.filename,
      hashes: { sha256: file.sha256 },
      provenance: attested ? provenance(file) : null,
      'requires-python': '>=3.8',
      size: file.size,
      'upload-time': file.uploaded,
      url: `${base}/packages/${file.path}`,
      yanked: false,
    })),
    meta: { '_last-serial': serial, 'api-version': '1.4' },
    name: normalizedName,
    'project-status': { status: 'active' },
    versions: [...new Set(files.map((file) => file.version))],
  })
}
