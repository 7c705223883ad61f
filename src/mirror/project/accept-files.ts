import type { Gate } from '../../attestations/gate.js'
import { parsePublisherMemory } from '../../attestations/memory.js'
import type { PublisherMemory } from '../../attestations/memory.js'
import { counted } from '../../count.js'
import { parseJsonObject } from '../../model/json.js'
import { packageKey, publishersKey } from '../../model/layout.js'
import { provenanceUrl } from '../../model/provenance.js'
import type { Project } from '../../model/project.js'
import { withoutFiles } from '../../model/without-files.js'
import type { Context } from '../run/context.js'
import { arriving, documentsOf } from './fetch-provenance.js'
import type { Arriving, ProvenanceDocument } from './fetch-provenance.js'
import type { FetchedProject } from './fetch-project.js'

/** What of a project's files may be mirrored. */
export interface Accepted {
  /** what is left of the project; its page names the provenance objects that the mirror has */
  readonly project: Project
  /** key of a provenance object or a release file -> why it could not be had so far */
  readonly owed: ReadonlyMap<string, string>
  /** key of a release file -> why it must not be mirrored */
  readonly refused: ReadonlyMap<string, string>
  /** keys of provenance objects that were stored */
  readonly changed: readonly string[]
}

export interface AcceptOptions extends Pick<FetchedProject, 'provenanceAt'> {
  /** in how many runs the project failed, where few requests are to be made for it: each run begins with another file */
  readonly cautious: number | undefined
}

/** So many objects of one project may fail before the others are left to a later run. */
const MOST_FAILURES = 10
/** So many problems of one project are told one by one. */
const MOST_TOLD = 20

/**
 * The one step between what is wanted of a project and what is fetched: stores the provenance of its files (PEP 740), and
 * leaves out what `[attestations]` refuses. Only digests are needed, so no release file was fetched for it.
 * @param wanted what the filters left
 * @throws StorageError, ConfigError where Sigstore's libraries or its root cannot be read
 */
export async function acceptFiles(
  context: Context,
  wanted: Project,
  { provenanceAt, cautious }: AcceptOptions,
): Promise<Accepted> {
  const { config, attestations: gate } = context
  if (config.integrityUrl === undefined && gate === undefined) {
    return { project: wanted, owed: new Map(), refused: new Map(), changed: [] }
  }
  const draft = createDraft(wanted)
  const before = gate === undefined ? undefined : await readMemory(context, wanted.name)
  draft.memory = before
  const files = inTurn(arriving(context, wanted), cautious)
  const width = cautious === undefined ? config.workers : 1
  const most = cautious === undefined ? MOST_FAILURES : 1
  // Files in the order of their uploads, so that a publisher is new when it was new; some documents at a time.
  for (let from = 0; from < files.length; from += width) {
    const some = files.slice(from, from + width)
    const gaveUp = draft.owed.size >= most
    const documents = await documentsOf(context, some, { provenanceAt, gaveUp })
    for (const [position, one] of some.entries()) {
      await accept(context, draft, { ...one, ...(documents[position] ?? { body: undefined }), provenanceAt })
    }
  }
  if (draft.memory !== before && draft.memory !== undefined) {
    await context.storage.write(publishersKey(wanted.name), `${JSON.stringify(draft.memory)}\n`)
  }
  tell(context, wanted.name, draft)
  return { ...draft, project: acceptedProject(context, wanted, draft) }
}

interface Draft {
  readonly project: Project
  readonly owed: Map<string, string>
  readonly refused: Map<string, string>
  readonly changed: string[]
  /** filename -> key of its stored provenance object */
  readonly stored: Map<string, string>
  /** what is odd about files that are mirrored all the same */
  readonly warnings: string[]
  memory: PublisherMemory | undefined
}

function createDraft(project: Project): Draft {
  const [owed, refused, stored] = [new Map<string, string>(), new Map<string, string>(), new Map<string, string>()]
  return { project, owed, refused, stored, changed: [], warnings: [], memory: undefined }
}

function inTurn<T>(files: readonly T[], cautious = 0): readonly T[] {
  const first = files.length === 0 ? 0 : cautious % files.length
  return [...files.slice(first), ...files.slice(0, first)]
}

interface Arrived extends Arriving, ProvenanceDocument {
  readonly provenanceAt: FetchedProject['provenanceAt']
}

/** Takes one file, or leaves it out. */
async function accept(context: Context, draft: Draft, arrived: Arrived): Promise<void> {
  const { file, attested, body, problem, provenanceAt } = arrived
  if (problem !== undefined && attested !== undefined) draft.owed.set(attested.key, problem)
  const passes =
    context.attestations === undefined || (await passesGate(context, context.attestations, { draft, arrived }))
  if (!passes || attested === undefined || context.config.integrityUrl === undefined) return
  if (body === undefined && provenanceAt === 'upstream') return
  if (body !== undefined && provenanceAt === 'upstream' && problem === undefined) {
    await context.storage.write(attested.key, body)
    draft.changed.push(attested.key)
  }
  draft.stored.set(file.filename, attested.key)
}

interface AtTheGate {
  readonly draft: Draft
  readonly arrived: Arrived
}

/** Whether a file may be mirrored. Notes why not, and what was learnt of its publisher. */
async function passesGate(context: Context, gate: Gate, { draft, arrived }: AtTheGate): Promise<boolean> {
  const { file, uploaded, body, problem } = arrived
  const { name, page } = draft.project
  const key = packageKey(file.path)
  const unknown = problem ?? (page === undefined ? 'upstream has no page of the project' : undefined)
  if (body === undefined && unknown !== undefined) {
    if (!gate.needsAttestations(name)) return true
    draft.owed.set(key, `the attestations of ${file.filename} cannot be had: ${unknown}`)
    return false
  }
  const sha256 = file.digests.get('sha256')
  const candidate = { project: name, filename: file.filename, sha256, uploaded, document: body }
  const decision = await gate.decide(candidate, draft.memory)
  if (decision.action === 'refuse') {
    draft.refused.set(key, `${file.filename} is refused: ${decision.problem ?? ''}`)
    return false
  }
  draft.memory = decision.memory
  if (decision.problem !== undefined) draft.warnings.push(`${file.filename}: ${decision.problem}`)
  return true
}

/** The project without what was refused; with `provenance = true` its page names the mirror's own objects. */
function acceptedProject({ config }: Context, wanted: Project, { refused, owed, stored }: Draft): Project {
  const left = withoutReleases(withoutFiles(wanted, new Set([...refused.keys(), ...owed.keys()])))
  const { integrityUrl } = config
  if (left.page === undefined || integrityUrl === undefined) return left
  const provenance = new Map<string, string | null>()
  for (const [filename, url] of left.page.provenance) {
    const key = stored.get(filename)
    if (key !== undefined) provenance.set(filename, provenanceUrl(integrityUrl, key))
    else if (url === null) provenance.set(filename, null)
  }
  return { ...left, page: { ...left.page, provenance } }
}

/** A release of which nothing is left is none that the pages list: verify makes them from what they name. */
function withoutReleases(project: Project): Project {
  const releases = project.releases.filter(({ files }) => files.length > 0)
  return releases.length === project.releases.length ? project : { ...project, releases }
}

function tell({ log, report }: Context, name: string, { refused, warnings }: Draft): void {
  for (const [lines, what] of [
    [[...refused.values()], 'refused file'],
    [warnings, 'warning'],
  ] as const) {
    for (const line of lines.slice(0, MOST_TOLD)) log.warn(`${name}: ${line}`)
    if (lines.length > MOST_TOLD) log.warn(`${name}: ${counted(lines.length - MOST_TOLD, `more ${what}`)}`)
  }
  report.refusedFiles.delete(name)
  if (refused.size > 0) report.refusedFiles.set(name, [...refused.values()])
}

/** Who published the project's files so far; undefined where nobody is known, or the file is damaged. */
export async function readMemory({ storage, log }: Context, name: string): Promise<PublisherMemory | undefined> {
  const key = publishersKey(name)
  const stored = await storage.read(key)
  const memory = stored === undefined ? undefined : parsePublisherMemory(parseJsonObject(stored))
  if (stored !== undefined && memory === undefined)
    log.warn(`${storage.location(key)} is damaged: who published ${name} before is not known, and is learnt anew`)
  return memory
}
