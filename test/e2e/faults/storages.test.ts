import { describeFaults } from './both-storages.js'
import { createMirror } from './support.js'

describeFaults((master, options) => createMirror(master, options))
