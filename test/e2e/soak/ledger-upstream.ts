import { normalizeName } from '../../../src/packaging/name.js'
import { createPackageIndex, sdist, wheel } from '../../helpers/index/index.js'
import type { PackageIndex } from '../../helpers/index/index.js'
import type { Upload } from '../../helpers/index/types.js'
import type { Draw } from './ledger-draw.js'

const NAMES = ['alpha', 'beta', 'gamma', 'Delta', 'epsilon', 'zeta', 'e'] as const

/** An index whose every release has a new version, as on PyPI, where no filename is used twice. */
export interface LedgerUpstream {
  readonly index: PackageIndex
  /** Makes one change, and returns it in words. */
  change(draw: Draw): string
}

export function createLedgerUpstream(): LedgerUpstream {
  const index = createPackageIndex()
  let version = 0
  const upload = (name: string, kind: number): Upload[] => {
    const of = { name, version: `${version}.0` }
    const pure = { ...wheel(of), attested: true }
    return [[pure], [sdist(of)], [pure, sdist(of)], [pure, wheel(of, { tag: 'py3-none-win_amd64' })]][kind] ?? []
  }
  const publish = (name: string, kind: number): string => {
    version += 1
    index.publish(name, `${version}.0`, upload(name, kind))
    return `publish ${name} ${version}.0 (${kind})`
  }
  for (const [position, name] of NAMES.slice(0, 5).entries()) publish(name, position % 4)
  publish('alpha', 3)

  /** Two projects whose pages name one file. */
  function share(name: string, draw: Draw): string {
    const files = [...index.projects.values()].flatMap(({ releases }) =>
      [...releases.values()].flatMap(({ files }) => files),
    )
    if (files.length === 0) return 'nothing to share'
    const { filename, body, metadata, servesMetadata, attested } = draw.from(files)
    const file = { filename, body, metadata, servesMetadata, ...(attested === undefined ? {} : { attested }) }
    const [, shared = ''] = /-(\d+\.0)[-.]/.exec(file.filename) ?? []
    if (index.projects.get(normalizeName(name))?.releases.has(shared) === true) return 'shared already'
    index.publish(name, shared, [file])
    return `share ${file.filename} with ${name}`
  }

  function change(draw: Draw): string {
    const projects = [...index.projects.values()]
    const action = draw.below(20)
    if (projects.length < 3 || action < 8) return publish(draw.from(NAMES), draw.below(4))
    const project = draw.from(projects)
    const { name, releases } = project
    const release = releases.size === 0 ? undefined : draw.from([...releases.values()])
    if (action < 10) return share(project.normalizedName, draw)
    if (action === 10) return (index.deleteProject(name), `delete ${name}`)
    if (action === 11) {
      if (project.status === 'quarantined') return (index.unquarantine(name), `end the quarantine of ${name}`)
      return (index.quarantine(name), `quarantine ${name}`)
    }
    if (action === 12)
      return (index.rename(name.toUpperCase() === name ? name.toLowerCase() : name.toUpperCase()), `rename ${name}`)
    if (action === 13) {
      version += 1
      index.transfer(name, `${version}.0`, upload(name, draw.below(4)), 'another')
      return `transfer ${name} ${version}.0`
    }
    if (release === undefined) return publish(name, draw.below(4))
    if (action < 16) {
      if (release.yanked === false) index.yank(name, release.version, 'broken')
      else index.unyank(name, release.version)
      return `yank or unyank ${name} ${release.version}`
    }
    if (action < 18 && release.files.length > 0) {
      const { filename } = draw.from(release.files)
      index.removeFile(name, filename)
      return `remove ${filename} of ${name}`
    }
    index.removeRelease(name, release.version)
    return `remove ${name} ${release.version}`
  }
  return { index, change }
}
