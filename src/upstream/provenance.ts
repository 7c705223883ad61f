import { UpstreamError } from '../errors.js'
import { LARGEST_PROVENANCE, PROVENANCE_TYPE, isProvenance } from '../model/provenance.js'
import { shownUrl } from './http/failure.js'
import type { HttpClient } from './types.js'

/**
 * A provenance object (PEP 740). Its signatures are not looked at, only that it can be one: a sign-in page is none.
 * https://docs.pypi.org/api/integrity/
 * @throws UpstreamError, also for 404: the page promised it
 */
export async function fetchProvenance(http: HttpClient, url: string): Promise<Buffer> {
  const { body } = await http.get(url, {
    accept: PROVENANCE_TYPE,
    maxBytes: LARGEST_PROVENANCE,
    check: (answer) => {
      if (isProvenance(answer.body)) return
      throw new UpstreamError('content', `${shownUrl(answer.url)}: not a provenance object (PEP 740)`)
    },
  })
  return body
}
