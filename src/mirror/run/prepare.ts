import { LAYOUT } from '../../model/layout.js'
import type { Context } from './context.js'

/** Directories that 8.0 makes before anything else. */
export async function prepareDirectories({ config, storage }: Pick<Context, 'config' | 'storage'>): Promise<void> {
  const keys = [LAYOUT.simple, LAYOUT.packages, LAYOUT.localStats, ...(config.json ? [LAYOUT.json, LAYOUT.pypi] : [])]
  await storage.prepare(keys)
}
