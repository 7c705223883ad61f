/** Whether upstream has PyPI's JSON API. Most indexes besides PyPI have none: then a project is what its page says. */
export interface JsonApi {
  /** undefined until it is known */
  offered: boolean | undefined
  /** names of some projects: one alone could be an exception */
  witnesses: readonly string[]
  deciding: Promise<boolean> | undefined
}

/** @param metadata the option of that name */
export function createJsonApi(metadata: 'auto' | 'json' | 'simple'): JsonApi {
  return { offered: metadata === 'auto' ? undefined : metadata === 'json', witnesses: [], deciding: undefined }
}
