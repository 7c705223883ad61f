/** The kind of archive, in PyPI's words, as its filename tells. */
export function packageType(filename: string): string {
  if (filename.endsWith('.whl')) return 'bdist_wheel'
  if (filename.endsWith('.egg')) return 'bdist_egg'
  if (filename.endsWith('.exe')) return 'bdist_wininst'
  return 'sdist'
}

/** What PyPI calls a file's Python version: a wheel's Python tag, or `source`. */
export function pythonVersion(filename: string): string {
  if (packageType(filename) === 'sdist') return 'source'
  return filename.endsWith('.whl') ? (filename.split('-').at(-3) ?? 'any') : 'any'
}
