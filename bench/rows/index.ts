import type { Row } from './row.js'
import { attested } from './attested.js'
import { recheck, verify } from './check.js'
import { quietChangelog, quietList, startUp } from './quiet.js'
import { s3 } from './s3.js'
import { metadataOnly, planAll, planAllowlist } from './scale.js'
import { big, firstSync, huge } from './sync.js'

export const ROWS = {
  'first-sync': firstSync,
  big,
  huge,
  recheck,
  verify,
  'quiet-list': quietList,
  'quiet-changelog': quietChangelog,
  'metadata-only': metadataOnly,
  'plan-allowlist': planAllowlist,
  'plan-all': planAll,
  attested,
  s3,
  'start-up': startUp,
} as const satisfies Readonly<Record<string, Row>>
