import { configsSection } from './configs.js'
import { faultsSection } from './faults.js'
import { secretsSection } from './secrets.js'
import { soakSuite } from './suite.js'

soakSuite('faults and secrets', [faultsSection, secretsSection, configsSection])
