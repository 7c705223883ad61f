import type { Row } from './row.js'
import { attested } from './attested.js'
import { recheck, verify } from './check.js'
import { quietChangelog, quietList, startUp } from './quiet.js'
import { s3 } from './s3.js'
import { metadataOnly, planAll, planAllowlist } from './scale.js'
import { slowDisk } from './slow-disk.js'
import { big, firstSync, huge } from './sync.js'
import { wanBig, wanFar, wanLoss, wanMiddle, wanNear, wanSlow, wanSmall } from './wan.js'

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
  wan: wanSmall,
  'wan-big': wanBig,
  'wan-loss': wanLoss,
  'wan-20mbit': wanSlow,
  'wan-20ms': wanNear,
  'wan-80ms': wanMiddle,
  'wan-150ms': wanFar,
  'slow-disk': slowDisk,
  s3,
  'start-up': startUp,
} as const satisfies Readonly<Record<string, Row>>
