import { ConfigError } from '../errors.js'
import type { Log } from '../log/types.js'
import { parseUrl } from './http/failure.js'
import { fetchMetadata, fetchReleaseMetadata } from './json.js'
import { fetchProvenance } from './provenance.js'
import { fetchProjectList, fetchProjectPage } from './simple.js'
import type { HttpClient, Upstream } from './types.js'
import { changelogSince, lastSerial, listPackagesWithSerial } from './xmlrpc.js'

export interface UpstreamOptions {
  /** the index's base URL, e.g. `https://pypi.org`; userinfo in it is sent to its origin only */
  readonly master: string
  readonly log: Log
}

/**
 * The index being mirrored, by the client given.
 * @throws ConfigError when the base URL is none
 */
export function createUpstream(http: HttpClient, options: UpstreamOptions): Upstream {
  const shown = parseUrl(options.master)
  if (shown === undefined || !/^https?:$/.test(shown.protocol)) {
    throw new ConfigError('[mirror] master must be a URL that starts with https:// or http://')
  }
  const master = options.master.replace(/[?#].*$/s, '').replace(/\/+$/, '')
  const url = `${shown.origin}${shown.pathname.replace(/\/+$/, '')}`
  let told = false
  const onMoved = (place: string): void => {
    if (!told) options.log.warn(`${url} has moved: set master = ${place}`)
    told = true
  }
  const context = { http, master, log: options.log, onMoved }
  return {
    url,
    list: (etag) => fetchProjectList(http, master, { log: options.log, etag }),
    metadata: (name, serial) => fetchMetadata(http, master, { name, serial }),
    releaseMetadata: (name, version) => fetchReleaseMetadata(http, master, { name, version }),
    projectPage: (name, serial = 0) => fetchProjectPage(http, master, { name, serial }),
    provenance: (url) => fetchProvenance(http, url),
    lastSerial: () => lastSerial(context),
    changesSince: (serial, upTo) => changelogSince(context, serial, upTo),
    listByRpc: () => listPackagesWithSerial(context),
  }
}
