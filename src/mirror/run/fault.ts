import { BandersnatchError, ConfigError, StorageError } from '../../errors.js'

/**
 * Whether an error is one project's fault: the run notes it and goes on. A storage that fails, a configuration that
 * cannot work and bugs end the run.
 */
export function isProjectFault(error: unknown): error is BandersnatchError {
  return error instanceof BandersnatchError && !(error instanceof StorageError) && !(error instanceof ConfigError)
}
