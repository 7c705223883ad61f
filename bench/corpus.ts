import { createHash, hash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createBodies } from './bodies.js'
import type { Bodies } from './bodies.js'
import { metadataDocument, simplePage } from './documents.js'
import type { IndexedFile, IndexedProject } from './documents.js'
import { planProjects } from './projects.js'
import type { PlannedFile, Sized } from './projects.js'

/** Part of the directory names: to be raised whenever what is generated changes. */
const FORMAT = 1

/** Projects with all their files, in a directory that an upstream can serve. */
export interface Corpus {
  /** has `packages/` */
  readonly directory: string
  readonly projects: readonly IndexedProject[]
  readonly bodies: Bodies
}

/** Runs `fill` for a new directory; one that was filled before is taken as it is. */
export async function once(directory: string, fill: (directory: string) => void | Promise<void>): Promise<string> {
  if (fs.existsSync(directory)) return directory
  const unfinished = `${directory}.${process.pid}.tmp`
  fs.rmSync(unfinished, { recursive: true, force: true })
  fs.mkdirSync(unfinished, { recursive: true })
  try {
    await fill(unfinished)
    fs.renameSync(unfinished, directory)
  } finally {
    fs.rmSync(unfinished, { recursive: true, force: true })
  }
  return directory
}

function keyOf(name: string, sized: Sized): string {
  const { projects, files, bytes, largest, seed } = sized
  return `${name}-${FORMAT}-${projects}-${files}-${bytes}-${largest}-${seed}`
}

/** The corpus of that name and size: made, or taken from the cache. */
export async function openCorpus(cache: string, name: string, sized: Sized): Promise<Corpus> {
  const bodies = createBodies(sized.seed)
  const directory = await once(join(cache, keyOf(name, sized)), (fresh) => writeFiles(fresh, sized, bodies))
  const lines = fs.readFileSync(join(directory, 'projects.jsonl'), 'utf8').trimEnd().split('\n')
  return { directory, bodies, projects: lines.map((line) => JSON.parse(line) as IndexedProject) }
}

function writeFiles(directory: string, sized: Sized, bodies: Bodies): void {
  const index = fs.openSync(join(directory, 'projects.jsonl'), 'w')
  for (const project of planProjects(sized)) {
    const files = project.files.map((file) => writeFile(directory, file, bodies))
    fs.writeSync(index, `${JSON.stringify({ ...project, files })}\n`)
  }
  fs.closeSync(index)
}

function writeFile(directory: string, file: PlannedFile, bodies: Bodies): IndexedFile {
  const [md5, sha256] = [createHash('md5'), createHash('sha256')]
  const path = packagesPath(file.filename)
  const target = join(directory, 'packages', path)
  fs.mkdirSync(dirname(target), { recursive: true })
  const fd = fs.openSync(target, 'w')
  for (const piece of bodies.release(file.filename, file.size)) {
    md5.update(piece)
    sha256.update(piece)
    fs.writeSync(fd, piece)
  }
  fs.closeSync(fd)
  let metadataSha256: string | undefined
  if (file.metadataSize > 0) {
    const text = bodies.text(
      `Metadata-Version: 2.4\nName: ${file.filename}\nVersion: ${file.version}\n`,
      file.metadataSize,
    )
    metadataSha256 = hash('sha256', text, 'hex')
    fs.writeFileSync(`${target}.metadata`, text)
  }
  return { ...file, path, md5: md5.digest('hex'), sha256: sha256.digest('hex'), metadataSha256 }
}

/** As PyPI makes them, though from the name: Node has no BLAKE2b-256 of the body. */
function packagesPath(filename: string): string {
  const hex = hash('sha256', filename, 'hex')
  return `${hex.slice(0, 2)}/${hex.slice(2, 4)}/${hex.slice(4)}/${filename}`
}

/** Writes documents and pages, packed as PyPI's cache keeps them. `base`: the URL of the upstream that has the files. */
export function writeDocuments(
  directory: string,
  projects: Iterable<IndexedProject>,
  { base, bodies, attested }: { readonly base: string; readonly bodies: Bodies; readonly attested?: boolean },
): void {
  for (const kind of ['pypi', 'simple']) fs.mkdirSync(join(directory, kind), { recursive: true })
  for (const project of projects) {
    const { name, normalizedName, files } = project
    const put = (kind: string, text: string): void =>
      fs.writeFileSync(join(directory, kind, `${normalizedName}.gz`), gzipSync(text, { level: 4 }))
    put('pypi', metadataDocument(project, base, bodies.text(`# ${name}\n`, files.at(-1)?.metadataSize ?? 0)))
    put('simple', simplePage(project, base, attested))
  }
}

/** Projects without bodies, for mirrors of metadata alone: digests are made of the names. */
export function* unstoredProjects(sized: Sized): Generator<IndexedProject> {
  for (const project of planProjects(sized)) {
    const files = project.files.map((file): IndexedFile => {
      const sha256 = hash('sha256', file.filename, 'hex')
      const metadataSha256 = file.metadataSize > 0 ? sha256 : undefined
      return { ...file, path: packagesPath(file.filename), md5: sha256.slice(32), sha256, metadataSha256 }
    })
    yield { ...project, files }
  }
}
