import { createGate } from '../attestations/gate.js'
import type { Gate } from '../attestations/gate.js'
import { parsePublisherPolicy } from '../attestations/policy.js'
import { findSigstore } from '../attestations/sigstore.js'
import { readRoot, shippedRoot } from '../attestations/trusted-root.js'
import { createAttestationVerifier } from '../attestations/verifier.js'
import type { Log } from '../log/types.js'
import type { Config } from '../config/types.js'
import { once } from './once.js'

/**
 * What `[attestations]` says; undefined with `check = off`. Sigstore's libraries are looked for at once, and loaded when
 * the first attestation is to be checked.
 * @param always where it is off, a gate that refuses nothing, and tells what does not verify
 * @throws ConfigError for what cannot be read, and where the libraries are missing
 */
export async function openGate(
  { file, attestations }: Pick<Config, 'file' | 'attestations'>,
  { always, log }: { readonly always: boolean; readonly log: Pick<Log, 'warn'> },
): Promise<Gate | undefined> {
  const { check, onChange, trustedRoot } = attestations
  const policy = parsePublisherPolicy(attestations.publishers, (line, problem) =>
    file.invalid('attestations', 'publishers', `has the line ${JSON.stringify(line)}: ${problem}`),
  )
  if (check === 'off' && policy.size > 0) log.warn('[attestations] publishers has no effect, because check is off')
  if (check === 'off' && !always) return undefined
  findSigstore()
  const root = trustedRoot === undefined ? shippedRoot() : readRoot(trustedRoot)
  const verifier = once(() => createAttestationVerifier(root))
  // The shipped one can be read; another one is not to end a run half-way.
  if (trustedRoot !== undefined) await verifier()
  // Nothing is refused where the configuration checks nothing.
  if (check === 'off')
    return createGate({ check: 'warn', onChange: 'warn', policy: new Map(), root: root.text, verifier })
  return createGate({ check, onChange, policy, root: root.text, verifier })
}
