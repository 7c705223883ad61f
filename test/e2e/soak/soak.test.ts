import { afterAll, describe } from 'vitest'
import { configsSection } from './configs.js'
import { diskSection } from './disk.js'
import { faultsSection } from './faults.js'
import { hostileSection } from './hostile.js'
import { killsSection } from './kills.js'
import { linksSection } from './links.js'
import { locksSection } from './locks.js'
import { resumeSection } from './resume.js'
import { secretsSection } from './secrets.js'
import { signalsSection } from './signals.js'
import { soakSize } from './size.js'

const soak = soakSize(process.env)

describe(`soak, ${soak.full ? 'full' : 'short'} (seed ${soak.seed})`, () => {
  faultsSection(soak)
  killsSection(soak)
  signalsSection(soak)
  hostileSection(soak)
  locksSection(soak)
  diskSection(soak)
  resumeSection(soak)
  linksSection(soak)
  secretsSection(soak)
  configsSection(soak)
})

afterAll(() => {
  process.stdout.write(`${soak.figures.join('\n')}\n`)
})
