import { createRequire } from 'node:module'
import type * as bundle from '@sigstore/bundle'
import type * as core from '@sigstore/core'
import type * as specs from '@sigstore/protobuf-specs'
import type * as verify from '@sigstore/verify'
import { ConfigError } from '../errors.js'

/** Sigstore's libraries: optional dependencies, loaded only when attestations are checked. */
export interface Sigstore {
  readonly bundle: typeof bundle
  readonly core: typeof core
  readonly specs: typeof specs
  readonly verify: typeof verify
}

const PACKAGES = ['@sigstore/bundle', '@sigstore/core', '@sigstore/protobuf-specs', '@sigstore/verify']

/** Looks whether the libraries are installed, which takes a tenth of a second less than loading them. @throws ConfigError */
export function findSigstore(resolve: (name: string) => unknown = createRequire(import.meta.url).resolve): void {
  try {
    PACKAGES.forEach((name) => resolve(name))
  } catch (error) {
    throw missing(error)
  }
}

/** @throws ConfigError with the command that installs the libraries */
export async function loadSigstore(): Promise<Sigstore> {
  try {
    return {
      bundle: await import('@sigstore/bundle'),
      core: await import('@sigstore/core'),
      specs: await import('@sigstore/protobuf-specs'),
      verify: await import('@sigstore/verify'),
    }
  } catch (error) {
    throw missing(error)
  }
}

function missing(cause: unknown): ConfigError {
  return new ConfigError(
    'checking attestations needs the packages @sigstore/verify, @sigstore/bundle, @sigstore/core and ' +
      '@sigstore/protobuf-specs, which are not installed: run `npm install @sigstore/verify@3 @sigstore/bundle@4 ' +
      '@sigstore/core@3 @sigstore/protobuf-specs@0.5` (with -g where bandersnatch was installed with -g)',
    { cause },
  )
}
