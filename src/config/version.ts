import { readFileSync } from 'node:fs'

/** The version in package.json, its one place. */
export function packageVersion(): string {
  const document: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  if (typeof document === 'object' && document !== null && 'version' in document) return String(document.version)
  throw new Error('package.json has no version')
}

/** How every request names us to upstream. */
export function userAgent(): string {
  return `bandersnatch/${packageVersion()} (node ${process.versions.node}; ${process.platform} ${process.arch})`
}
