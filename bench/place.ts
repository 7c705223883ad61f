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

/** Where upstream and clients are: on one machine, or at the two ends of a link. */
export interface Network {
  /** address of the upstream */
  readonly host: string
  /** what a command that serves begins with, to be at its end */
  readonly serving: readonly string[]
  /** what a command that asks begins with */
  readonly asking: readonly string[]
}

export const LOOPBACK: Network = { host: '127.0.0.1', serving: [], asking: [] }

/** Where an upstream listens, which certificate it shows, and where it keeps its own files. */
export interface Place {
  readonly directory: string
  readonly port: number
  readonly network: Network
  /** https://host:port, or http where openssl is not installed */
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
