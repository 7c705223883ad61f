import { hostileSection } from './hostile.js'
import { linksSection } from './links.js'
import { soakSuite } from './suite.js'

soakSuite('hostile documents and links', [hostileSection, linksSection])
