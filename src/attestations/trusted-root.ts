import { readFileSync } from 'node:fs'
import type { TrustMaterial } from '@sigstore/verify'
import { ConfigError, errorText } from '../errors.js'
import type { Sigstore } from './sigstore.js'

/** The root of Sigstore's public instance, which this package ships. `scripts/sigstore-root.mjs` makes it. */
const SHIPPED = new URL('../../data/sigstore-trusted-root.json', import.meta.url)

/** A trusted root file (https://github.com/sigstore/protobuf-specs, TrustedRoot) with the name for messages. */
export interface TrustedRootFile {
  readonly name: string
  readonly text: string
}

/** @throws ConfigError where the package is damaged */
export function shippedRoot(): TrustedRootFile {
  try {
    return { name: 'the trusted root of this package', text: readFileSync(SHIPPED, 'utf8') }
  } catch (error) {
    throw new ConfigError('this package has lost its trusted root: install it again', { cause: error })
  }
}

/** @throws ConfigError where the file cannot be read */
export function readRoot(path: string): TrustedRootFile {
  try {
    return { name: path, text: readFileSync(path, 'utf8') }
  } catch (error) {
    throw new ConfigError(`[attestations] trusted-root: ${path} cannot be read: ${errorText(error)}`, { cause: error })
  }
}

/**
 * Reads the certificate authorities and logs that are trusted. Costs some milliseconds: do it once.
 * @throws ConfigError naming the file
 */
export function parseTrustedRoot({ specs, verify }: Sigstore, { name, text }: TrustedRootFile): TrustMaterial {
  const material = readMaterial({ specs, verify }, { name, text })
  const { certificateAuthorities, tlogs, ctlogs } = material
  if (certificateAuthorities.length > 0 && tlogs.length > 0 && ctlogs.length > 0) return material
  throw new ConfigError(`${name} is not a trusted root: it needs certificate authorities, logs and certificate logs`)
}

type RootReader = Pick<Sigstore, 'specs' | 'verify'>

function readMaterial({ specs, verify }: RootReader, { name, text }: TrustedRootFile): TrustMaterial {
  try {
    return verify.toTrustMaterial(specs.TrustedRoot.fromJSON(JSON.parse(text)))
  } catch (error) {
    throw new ConfigError(`${name} is not a trusted root: ${errorText(error)}`, { cause: error })
  }
}
