import { killsSection } from './kills.js'
import { signalsSection } from './signals.js'
import { soakSuite } from './suite.js'

soakSuite('crashes and signals', [killsSection, signalsSection])
