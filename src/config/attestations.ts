import { ATTESTATION_OPTIONS } from './options/attestations.js'
import type { AttestationsConfig, ConfigFile, MirrorConfig } from './types.js'
import { readOptions } from './values.js'

const SECTION = 'attestations'

/** Reads and checks the [attestations] section. The lines of `publishers` are read where they are used. @throws ConfigError */
export function readAttestations(
  file: ConfigFile,
  { simpleApiVersion }: Pick<MirrorConfig, 'simpleApiVersion'>,
): AttestationsConfig {
  const { check, 'trusted-root': trustedRoot, 'on-change': onChange } = ATTESTATION_OPTIONS
  const values = readOptions(file, SECTION, { check, 'trusted-root': trustedRoot, 'on-change': onChange })
  const publishers = (file.get(SECTION, 'publishers') ?? '').split('\n').filter((line) => line.trim() !== '')
  if (values.check !== 'off' && simpleApiVersion === '1.1') {
    throw file.invalid(SECTION, 'check', 'needs simple-api-version = 1.4: older pages do not name attestations')
  }
  return { ...values, publishers }
}
