import { BandersnatchError, ConfigError, StorageError } from '../../errors.js'
import { isOutOfOrder } from '../../upstream/http/health.js'

/**
 * Whether an error is one project's fault: the run notes it and goes on. A storage that fails, a configuration that
 * cannot work, an upstream that is out of order as a whole and bugs end the run.
 */
export function isProjectFault(error: unknown): error is BandersnatchError {
  if (!(error instanceof BandersnatchError)) return false
  return !(error instanceof StorageError) && !(error instanceof ConfigError) && !isOutOfOrder(error)
}
