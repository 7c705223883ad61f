import { nodeDigestName, pickDigest } from './digest.js'
import type { FileSpec } from './files.js'
import { packageKey } from './layout.js'
import { releaseFiles } from './project.js'
import type { Digest, Project, ReleaseFile } from './project.js'
import { parseTimestamp } from '../python/timestamp.js'

export interface ExpectedOptions {
  readonly coreMetadata: boolean
  /** Python's name of the digest that the pages give */
  readonly digestName: string
  /** another host that has PyPI's /packages/ tree, asked first; '' for none */
  readonly downloadMirror: string
  readonly downloadMirrorNoFallback: boolean
}

/** Which files a mirror should hold for a project: the one answer for mirror, sync, verify and delete. */
export function expectedFiles(project: Project, options: ExpectedOptions): FileSpec[] {
  const specs: FileSpec[] = []
  for (const file of releaseFiles(project)) {
    const urls = downloadUrls(file, options)
    const uploadTime = file.uploadTime === undefined ? undefined : parseTimestamp(file.uploadTime)?.seconds
    const key = packageKey(file.path)
    const common = { filename: file.filename, uploadTime }
    specs.push({ ...common, key, urls, size: file.size, digest: computable(file.digest), kind: 'release' })
    const metadata = options.coreMetadata ? coreMetadataDigest(file, options.digestName) : undefined
    if (metadata === undefined) continue
    specs.push({
      key: `${key}.metadata`,
      urls: urls.map((url) => `${url}.metadata`),
      filename: `${file.filename}.metadata`,
      size: undefined,
      digest: computable(metadata),
      uploadTime,
      kind: 'metadata',
    })
  }
  return specs
}

/** The digest that a page gives for a file's core metadata (PEP 658, PEP 714), where upstream has one. */
export function coreMetadataDigest(file: ReleaseFile, preferred: string): Digest | undefined {
  return typeof file.coreMetadata === 'object' ? pickDigest(file.coreMetadata, preferred) : undefined
}

/** The digest by its name in Node. */
function computable({ name, hex }: Digest): Digest {
  return { name: nodeDigestName(name) ?? name, hex }
}

function downloadUrls({ url, path }: ReleaseFile, options: ExpectedOptions): string[] {
  if (options.downloadMirror === '') return [url]
  const there = options.downloadMirror + path
  return options.downloadMirrorNoFallback ? [there] : [there, url]
}
