import { statSync } from 'node:fs'
import { join } from 'node:path'
import { loadExistingConfig } from '../config/load.js'
import { PLUGIN_TABLE } from '../filters/index.js'
import { ConfigError, EXIT } from '../errors.js'
import type { Log } from '../log/types.js'
import { LAYOUT } from '../model/layout.js'
import { startServer } from '../serve/server.js'
import type { Setting } from './open.js'

export interface ServeOptions {
  readonly host: string
  /** as the user wrote it; 0: any free one */
  readonly port: string
}

type ServeSetting = Pick<Setting, 'configPath' | 'env' | 'stop' | 'print'> & { readonly log: Log }

/** `bandersnatch serve`: prints a line for each request, and serves the mirror until it is stopped, which is the way to end it and no failure. */
export async function serveCommand(setting: ServeSetting, options: ServeOptions): Promise<number> {
  const { log, stop } = setting
  const config = loadExistingConfig(setting.configPath, { env: setting.env, plugins: PLUGIN_TABLE })
  for (const warning of config.warnings) log.warn(warning)
  const { directory, hashIndex, storageBackend } = config.mirror
  if (storageBackend === 's3') throw new ConfigError('serve reads a directory; a mirror on S3 is served by S3 itself')
  if (!statSync(join(directory, LAYOUT.simple), { throwIfNoEntry: false })?.isDirectory()) {
    throw new ConfigError(
      `${directory} is not a mirror: there is no ${LAYOUT.simple} in it. Run 'bandersnatch mirror' first`,
    )
  }
  const server = await startServer(
    { directory, hashIndex, log, access: setting.print },
    { host: options.host, port: portNumber(options.port) },
  )
  log.info(`Serving ${directory} at ${server.url}/simple/ (Ctrl-C ends it)`)
  log.warn(
    'This server is for trials and small closed networks; in production let nginx or Caddy serve the mirror (docs/serving.md)',
  )
  await stopped(stop.signal)
  await server.close()
  return EXIT.ok
}

function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN
  if (!(port <= 65535))
    throw new ConfigError(`--port: ${JSON.stringify(text)} is not a port; it is a number from 0 to 65535`)
  return port
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
