/** What an upstream serves; every document lies there as a `.gz` file. */
export interface Served {
  /** has `pypi/<name>.gz` and `simple/<name>.gz` */
  readonly documents: string
  /** the list of all projects, a path without its `.gz` */
  readonly list: string
  /** has `packages/`; a directory without it where no files are served */
  readonly files: string
  /** the last one of the changelog */
  readonly serial: number
}

/** Where an upstream listens, which certificate it shows, and where it keeps its own files. */
export interface Place {
  readonly directory: string
  readonly port: number
  /** https://127.0.0.1:port, or http where openssl is not installed */
  readonly url: string
  /** PEM file of the certificate; undefined for http */
  readonly certificate: string | undefined
  readonly server: 'nginx' | 'node'
  /** whether the port is the same next time */
  readonly fixed: boolean
}

export function keyOf(certificate: string): string {
  return certificate.replace(/\.pem$/, '.key')
}
