import { diskSection } from './disk.js'
import { locksSection } from './locks.js'
import { resumeSection } from './resume.js'
import { soakSuite } from './suite.js'

soakSuite('disks, locks and large files', [diskSection, locksSection, resumeSection])
