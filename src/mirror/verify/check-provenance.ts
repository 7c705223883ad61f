import { BandersnatchError } from '../../errors.js'
import { attestedFile } from '../../model/provenance.js'
import type { Project } from '../../model/project.js'
import { readMemory } from '../project/accept-files.js'
import { uploadedAt } from '../project/fetch-provenance.js'
import { damagedProvenance } from '../project/provenance.js'
import type { Context } from '../run/context.js'
import { servedProject } from './source.js'
import type { Verifying } from './types.js'

/**
 * Why a project's provenance must be asked for again: an object is missing or damaged or, with `--attestations`, does not
 * verify or is not by whom the configuration expects. undefined where nothing is wrong.
 */
export async function provenanceDoubt(
  { context, options }: Pick<Verifying, 'context' | 'options'>,
  project: Project,
): Promise<string | undefined> {
  const damaged = await damagedProvenance(context, project)
  if (damaged !== undefined) return `${context.storage.location(damaged)} is missing or damaged`
  return options.attestations === true ? attestationDoubt(context, project) : undefined
}

/** Whether all is well after upstream was asked. @throws BandersnatchError for what is served and still does not verify */
export async function provenanceSettled(
  { context, options, ledger }: Pick<Verifying, 'context' | 'options' | 'ledger'>,
  name: string,
): Promise<boolean> {
  if (options.attestations !== true || options.dryRun) return true
  const served = await servedProject(context, { name, rawName: ledger.get(name)?.rawName ?? name })
  const doubt = served === undefined ? undefined : await attestationDoubt(context, served)
  if (doubt !== undefined) throw new BandersnatchError(doubt)
  return true
}

/** What is wrong with the stored attestations of the files that the mirror serves. */
async function attestationDoubt(context: Context, project: Project): Promise<string | undefined> {
  const { attestations: gate, storage } = context
  if (gate === undefined) return undefined
  const { name } = project
  const memory = await readMemory(context, name)
  for (const release of project.releases) {
    for (const file of release.files) {
      const attested = attestedFile(project, release, file)
      if (attested === undefined && !gate.needsAttestations(name)) continue
      const document = attested === undefined ? undefined : await storage.read(attested.key)
      const candidate = { project: name, filename: file.filename, sha256: file.digests.get('sha256'), document }
      const { problem } = await gate.decide({ ...candidate, uploaded: uploadedAt(context, file) }, memory)
      if (problem !== undefined) return `${file.filename}: ${problem}`
    }
  }
  return undefined
}
