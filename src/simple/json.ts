import { coreMetadataDigest } from '../model/expected.js'
import { localUrl } from '../model/layout.js'
import { field } from '../model/json.js'
import type { Project, ReleaseFile } from '../model/project.js'
import { dumps, quote } from '../python/json/dumps.js'
import { compareVersions, parseVersion } from '../packaging/version.js'
import { compareCodePoints as byCodePoint } from '../python/code-points.js'
import { pageFiles } from './files.js'
import { pageDigest } from './html.js'
import type { PageOptions } from './types.js'

/**
 * A project's page as JSON (PEP 691, PEP 700): with `apiVersion` 1.1 the bytes of bandersnatch 8.0, with 1.4
 * the serial as a number, versions in PEP 440 order, the reason of a yank, and what PEP 708, 740 and 792 add.
 */
export function projectJson(project: Project, options: PageOptions): string {
  const old = options.apiVersion === '1.1'
  const files = pageFiles(project)
    .map((file) => fileJson(file, project, options))
    .join(', ')
  const serial = old ? `"${project.lastSerial}"` : String(project.lastSerial)
  const versions = project.releases.map((release) => release.version).sort(old ? byCodePoint : byVersion)
  const meta = `{"api-version": "${options.apiVersion}", "_last-serial": ${serial}}`
  return (
    `{"files": [${files}], "meta": ${meta}, "name": ${quote(project.name)}, ` +
    `"versions": [${versions.map(quote).join(', ')}]${old ? '' : statusFields(project)}}`
  )
}

function fileJson(file: ReleaseFile, project: Project, options: PageOptions): string {
  const given = (name: string, otherwise: string | boolean | null): string => {
    const value = Object.hasOwn(file.raw, name) ? file.raw[name] : otherwise
    return dumps(typeof value === 'string' || typeof value === 'boolean' ? value : null)
  }
  const url = localUrl(file.path, options.rootUri)
  const digest = pageDigest(file, options.digestName)
  const old = options.apiVersion === '1.1'
  return (
    `{"filename": ${quote(file.filename)}, "hashes": {${quote(digest.name)}: "${digest.hex}"}, ` +
    `"requires-python": ${given('requires_python', old ? '' : null)}, ` +
    (old || file.size !== undefined ? `"size": ${dumps(file.size ?? null)}, ` : '') +
    (old || file.uploadTime !== undefined ? `"upload-time": ${given('upload_time_iso_8601', '')}, ` : '') +
    `"url": ${quote(url)}, "yanked": ${old ? given('yanked', false) : yanked(file)}` +
    `${coreMetadata(file, options)}${old ? '' : provenance(file, project)}}`
  )
}

function yanked(file: ReleaseFile): string {
  const flag = field(file.raw, 'yanked')
  const reason = field(file.raw, 'yanked_reason')
  if (flag === undefined || flag === null || flag === false || flag === '') return 'false'
  return typeof reason === 'string' && reason !== '' ? quote(reason) : 'true'
}

function coreMetadata(file: ReleaseFile, options: PageOptions): string {
  if (!options.coreMetadata) return ''
  const digest = coreMetadataDigest(file, options.digestName)
  if (digest !== undefined) return `, "core-metadata": {${quote(digest.name)}: "${digest.hex}"}`
  return file.coreMetadata === false ? ', "core-metadata": false' : ''
}

function provenance(file: ReleaseFile, project: Project): string {
  const url = project.page?.provenance.get(file.filename)
  return url === undefined ? '' : `, "provenance": ${url === null ? 'null' : quote(url)}`
}

function statusFields(project: Project): string {
  if (project.page === undefined) return ''
  const { projectStatus, alternateLocations } = project.page
  const reason = projectStatus?.reason === undefined ? '' : `, "reason": ${quote(projectStatus.reason)}`
  return (
    (projectStatus === undefined ? '' : `, "project-status": {"status": ${quote(projectStatus.status)}${reason}}`) +
    (alternateLocations.length === 0 ? '' : `, "alternate-locations": [${alternateLocations.map(quote).join(', ')}]`)
  )
}

/** PEP 440 order; what is not a version comes first, by code point. */
function byVersion(a: string, b: string): number {
  const x = parseVersion(a)
  const y = parseVersion(b)
  if (x !== undefined && y !== undefined) return compareVersions(x, y) || byCodePoint(a, b)
  if (x === undefined && y === undefined) return byCodePoint(a, b)
  return x === undefined ? -1 : 1
}

/**
 * The root list (PEP 691) piece by piece. The serials of projects are written with `apiVersion` 1.4 only, as PyPI does,
 * so that another mirror can follow this one.
 */
export function* rootJson(
  names: Iterable<string>,
  root: { readonly serial: number; readonly serialOf: (name: string) => number | undefined },
  options: PageOptions,
): Generator<string> {
  yield `{"meta": {"_last-serial": ${root.serial}, "api-version": "${options.apiVersion}"}, "projects": [`
  let separator = ''
  for (const name of names) {
    const serial = options.apiVersion === '1.1' ? undefined : root.serialOf(name)
    yield `${separator}{"name": ${quote(name)}${serial === undefined ? '' : `, "_last-serial": ${serial}`}}`
    separator = ', '
  }
  yield ']}'
}
