import type { MirrorConfig } from './types.js'

/** Option -> canonical text of its value, for every [mirror] option that shapes what is served of a project. */
export function shapeOf(config: MirrorConfig): Readonly<Record<string, string>> {
  return {
    'simple-format': config.simpleFormat,
    'simple-api-version': config.simpleApiVersion,
    root_uri: config.rootUri,
    digest_name: config.digestName,
    'core-metadata': String(config.coreMetadata),
    'hash-index': String(config.hashIndex),
    'release-files': String(config.releaseFiles),
    json: String(config.json),
    keep_index_versions: String(config.keepIndexVersions),
  }
}
