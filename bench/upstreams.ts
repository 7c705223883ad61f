import * as fs from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { writeProvenance } from './attested.js'
import { createBodies } from './bodies.js'
import { once, openCorpus, unstoredProjects, writeDocuments } from './corpus.js'
import type { IndexedProject } from './documents.js'
import { identity, projectList } from './names.js'
import type { Sized } from './projects.js'
import type { Place, Served } from './place.js'

export const SEED = 4
/** Release files of a project in the mirrors of metadata alone; on PyPI there were some 20 in 2025. */
const METADATA_FILES = 20
const METADATA_FILE_BYTES = 300_000
/** Where files would be that nobody fetches. */
const NOWHERE = 'https://files.example.org'

/** What an upstream serves, and the projects of it that have files. */
export interface Stocked {
  readonly served: Served
  readonly projects: readonly IndexedProject[]
}

/** Makes what upstreams serve, or takes it from the cache. */
export interface Upstreams {
  /** projects with all their files; with `attested` each of these has a provenance object */
  withFiles(name: string, sized: Sized, how?: { readonly attested: boolean }): Promise<Stocked>
  /** projects with documents and pages only, and a list of the first `listed` names */
  metadataOnly(projects: number, listed: number): Promise<Served>
  /** a list of so many names, and of one of them, the last, the document and page */
  onlyLast(listed: number): Promise<Served>
}

export function createUpstreams(
  place: Place,
  where: { readonly cache: string; readonly scratch: string; readonly log: (line: string) => void },
): Upstreams {
  const { cache, scratch, log } = where

  async function listed(count: number): Promise<Pick<Served, 'list' | 'serial'>> {
    const directory = await once(join(cache, `list-1-${count}`), async (fresh) => {
      log(`making a list of ${count} projects`)
      await pipeline(Readable.from(projectList(count)), createGzip(), fs.createWriteStream(join(fresh, 'list.gz')))
    })
    return { list: join(directory, 'list'), serial: identity(count - 1).serial }
  }

  function unstored(projects: number): Generator<IndexedProject> {
    const files = projects * METADATA_FILES
    return unstoredProjects({ projects, files, bytes: files * METADATA_FILE_BYTES, largest: 100e6, seed: SEED })
  }

  return {
    async withFiles(name, sized, { attested } = { attested: false }) {
      log(
        `making or opening the upstream ${name}: ${sized.projects} projects, ${sized.files} files, ${sized.bytes} bytes`,
      )
      const { directory, projects, bodies } = await openCorpus(cache, name, sized)
      // Documents hold the upstream's address, so they last as long as that does.
      const { protocol, port } = new URL(place.url)
      const home = place.fixed ? directory : join(scratch, 'documents', name)
      const documents = await once(
        join(home, `${attested ? 'attested' : 'documents'}-${protocol.slice(0, -1)}-${port}`),
        (fresh) => {
          writeDocuments(fresh, projects, { base: place.url, bodies, attested })
          if (attested) writeProvenance(fresh, projects)
        },
      )
      return { projects, served: { documents, files: directory, ...(await listed(sized.projects)) } }
    },
    async metadataOnly(projects, count) {
      const documents = await once(join(cache, `metadata-1-${projects}`), (fresh) => {
        log(`making the metadata of ${projects} projects`)
        writeDocuments(fresh, unstored(projects), { base: NOWHERE, bodies: createBodies(SEED) })
      })
      return { documents, files: documents, ...(await listed(count)) }
    },
    async onlyLast(count) {
      const documents = await once(join(scratch, 'documents', `last-${count}`), (fresh) => {
        const last = [...unstored(1)].map((project) => ({ ...project, ...identity(count - 1) }))
        writeDocuments(fresh, last, { base: NOWHERE, bodies: createBodies(SEED) })
      })
      return { documents, files: documents, ...(await listed(count)) }
    },
  }
}
