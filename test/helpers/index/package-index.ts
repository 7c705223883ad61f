import { normalizeName } from '../../../src/packaging/name.js'
import { digestsOf, packagesPath } from './digests.js'
import { pythonVersion } from './filename.js'
import type { ChangelogRow, Digests, IndexFile, IndexProject, IndexRelease, ProjectStatus, Upload } from './types.js'

/** A package index that changes as PyPI does: each change has a serial and a row in the changelog. */
export interface PackageIndex {
  /** of the newest row in the changelog */
  readonly serial: number
  readonly changelog: readonly ChangelogRow[]
  /** by normalized name */
  readonly projects: ReadonlyMap<string, IndexProject>
  /** The file at a path such as `packages/2/2/60/filename`. PyPI goes on serving what was removed, and so does this. */
  stored(path: string): IndexFile | undefined
  /** Makes the project, where it is new, and nothing else. */
  create(name: string, owner?: string): void
  /** Adds files, and with them the project and the release where they are new. */
  publish(name: string, version: string, uploads: readonly Upload[], owner?: string): void
  yank(name: string, version: string, reason?: string): void
  unyank(name: string, version: string): void
  removeFile(name: string, filename: string): void
  removeRelease(name: string, version: string): void
  deleteProject(name: string): void
  quarantine(name: string): void
  unquarantine(name: string): void
  /** Takes one release off the project's page; its files come back when it is cleared. */
  quarantineRelease(name: string, version: string): void
  unquarantineRelease(name: string, version: string): void
  /** Changes what pages say, though neither serial nor changelog: PyPI writes no row for it. */
  archive(name: string): void
  unarchive(name: string): void
  /** Spells the name otherwise; the normalized name stays. */
  rename(name: string): void
  /** Deletes the project; somebody else publishes another under its name. */
  transfer(name: string, version: string, uploads: readonly Upload[], owner: string): void
}

export interface PackageIndexOptions {
  /** the serial of the first row; PyPI's have had eight digits since 2022 */
  readonly firstSerial?: number
  /** milliseconds since 1970 of the first row; each row after it is a minute later */
  readonly firstTime?: number
  /** milliseconds since 1970: the time of a change, instead of a minute after the one before */
  readonly clock?: () => number
}

const MINUTE = 60_000

/** An empty index. @see https://docs.pypi.org/api/ and warehouse, from which the actions are taken */
export function createPackageIndex(options: PackageIndexOptions = {}): PackageIndex {
  const firstSerial = options.firstSerial ?? 30_000_001
  const firstTime = options.firstTime ?? Date.UTC(2024, 0, 1)
  const changelog: ChangelogRow[] = []
  const projects = new Map<string, IndexProject>()
  const uploaded = new Map<string, IndexFile[]>()

  function now(): number {
    if (options.clock !== undefined) return options.clock()
    return firstTime + changelog.length * MINUTE
  }

  function record(project: IndexProject, version: string | null, action: string): void {
    project.serial = firstSerial + changelog.length
    changelog.push([project.name, version, Math.floor(now() / 1000), action, project.serial])
  }

  function projectNamed(name: string): IndexProject {
    const project = projects.get(normalizeName(name))
    if (project === undefined) throw new Error(`no project ${name}`)
    return project
  }

  function releaseOf(project: IndexProject, version: string): IndexRelease {
    const release = project.releases.get(version)
    if (release === undefined) throw new Error(`no release ${version} of ${project.name}`)
    return release
  }

  function createProject(name: string, owner: string): IndexProject {
    const normalizedName = normalizeName(name)
    const project: IndexProject = {
      name,
      normalizedName,
      owner,
      serial: 0,
      status: 'active',
      releases: new Map<string, IndexRelease>(),
    }
    projects.set(normalizedName, project)
    record(project, null, 'create')
    record(project, null, `add Owner ${owner}`)
    return project
  }

  function createRelease(project: IndexProject, version: string): IndexRelease {
    const release: IndexRelease = { version, files: [], yanked: false }
    project.releases.set(version, release)
    record(project, version, 'new release')
    return release
  }

  function setStatus(name: string, status: ProjectStatus, action?: string): void {
    const project = projectNamed(name)
    project.status = status
    if (action !== undefined) record(project, null, action)
  }

  function setYanked(name: string, version: string, yanked: boolean | string): void {
    const project = projectNamed(name)
    releaseOf(project, version).yanked = yanked
    record(project, version, yanked === false ? 'unyank release' : 'yank release')
  }

  const index: PackageIndex = {
    get serial() {
      return firstSerial + changelog.length - 1
    },
    changelog,
    projects,
    stored(path) {
      const candidates = uploaded.get(path.slice(path.lastIndexOf('/') + 1)) ?? []
      return candidates.find((file) => packagesPath(file.filename, file.digests()) === path)
    },
    create(name, owner = 'someone') {
      createProject(name, owner)
    },
    publish(name, version, uploads, owner = 'someone') {
      const project = projects.get(normalizeName(name)) ?? createProject(name, owner)
      const release = project.releases.get(version) ?? createRelease(project, version)
      for (const upload of uploads) {
        const file = indexFile(upload, new Date(now()))
        release.files = [...release.files, file]
        uploaded.set(file.filename, [...(uploaded.get(file.filename) ?? []), file])
        record(project, version, `add ${pythonVersion(file.filename)} file ${file.filename}`)
      }
    },
    yank: (name, version, reason) => setYanked(name, version, reason ?? true),
    unyank: (name, version) => setYanked(name, version, false),
    removeFile(name, filename) {
      const project = projectNamed(name)
      for (const release of project.releases.values()) {
        if (!release.files.some((file) => file.filename === filename)) continue
        release.files = release.files.filter((file) => file.filename !== filename)
        record(project, release.version, `remove file ${filename}`)
        return
      }
      throw new Error(`no file ${filename} of ${name}`)
    },
    removeRelease(name, version) {
      const project = projectNamed(name)
      releaseOf(project, version)
      project.releases.delete(version)
      record(project, version, 'remove release')
    },
    deleteProject(name) {
      const project = projectNamed(name)
      projects.delete(project.normalizedName)
      record(project, null, 'remove project')
    },
    quarantine: (name) => setStatus(name, 'quarantined', 'project quarantined'),
    unquarantine: (name) => setStatus(name, 'active', 'project quarantine cleared'),
    quarantineRelease(name, version) {
      releaseOf(projectNamed(name), version).quarantined = true
      record(projectNamed(name), version, 'release quarantined')
    },
    unquarantineRelease(name, version) {
      releaseOf(projectNamed(name), version).quarantined = false
      record(projectNamed(name), version, 'release quarantine cleared')
    },
    archive: (name) => setStatus(name, 'archived'),
    unarchive: (name) => setStatus(name, 'active'),
    rename(name) {
      const project = projectNamed(name)
      project.name = name
      // PyPI's administrators rename by hand, without a row of its own; this is an old action that a mirror may meet
      record(project, null, 'docupdate')
    },
    transfer(name, version, uploads, owner) {
      index.deleteProject(name)
      index.publish(name, version, uploads, owner)
    },
  }
  return index
}

function indexFile(upload: Upload, uploadTime: Date): IndexFile {
  let digests: Digests | undefined
  return { ...upload, uploadTime, digests: () => (digests ??= digestsOf(upload.body)) }
}
