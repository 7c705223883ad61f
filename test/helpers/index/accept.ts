export const JSON_TYPE = 'application/vnd.pypi.simple.v1+json'
export const HTML_TYPE = 'application/vnd.pypi.simple.v1+html'
/** PyPI's order: the first wins where the client likes several as well */
const OFFERS = ['text/html', HTML_TYPE, JSON_TYPE] as const

/** The type of page that an Accept header asks for (PEP 691); HTML where it asks for nothing that there is. */
export function pageType(accept: string | undefined): (typeof OFFERS)[number] {
  const ranges = (accept ?? '*/*').split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    return { type: type.toLowerCase(), quality: quality === undefined ? 1 : Number(quality.slice(2)) }
  })
  const quality = (offer: string): number => {
    // the most exact range counts
    const types = [offer, `${offer.split('/')[0]}/*`, '*/*']
    return types.flatMap((type) => ranges.filter((range) => range.type === type))[0]?.quality ?? 0
  }
  return OFFERS.reduce((best, offer) => (quality(offer) > quality(best) ? offer : best))
}
