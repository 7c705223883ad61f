import { CONTENT_OPTIONS } from './content.js'
import { RUN_OPTIONS } from './run.js'
import { UPSTREAM_OPTIONS } from './upstream.js'

/** Every option of [mirror]. */
export const MIRROR_OPTIONS = { ...UPSTREAM_OPTIONS, ...CONTENT_OPTIONS, ...RUN_OPTIONS }
