import { field } from '../model/json.js'
import type { JsonObject } from '../model/project.js'
import { quoted, Refused } from './refused.js'
import type { Publisher } from './types.js'

const SEGMENT = '[A-Za-z0-9_.-]+'
const GITHUB = new RegExp(`^${SEGMENT}/${SEGMENT}$`)
const GITLAB = new RegExp(`^${SEGMENT}(?:/${SEGMENT})+$`)
const GITHUB_WORKFLOW = /^[^/@\s\p{Cc}]+\.ya?ml$/u
const GITLAB_WORKFLOW = /^[^/@\s\p{Cc}][^@\s\p{Cc}]*$/u
const EMAIL = /^[^@\s\p{Cc}]+@[A-Za-z0-9.-]+$/u
/** No name at a forge and no address is longer. */
const LONGEST = 400

/** Whether the text is `OWNER/NAME` (or, on GitLab, `GROUP/.../NAME`). */
export function isRepository(kind: 'github' | 'gitlab', text: string): boolean {
  const segments = text.split('/')
  const isPath = text.length <= LONGEST && (kind === 'github' ? GITHUB : GITLAB).test(text)
  return isPath && !segments.includes('.') && !segments.includes('..')
}

/** Whether the text is a workflow's file name (or, on GitLab, its path). */
export function isWorkflow(kind: 'github' | 'gitlab', text: string): boolean {
  return text.length <= LONGEST && (kind === 'github' ? GITHUB_WORKFLOW : GITLAB_WORKFLOW).test(text)
}

export function isEmail(text: string): boolean {
  return text.length <= LONGEST && EMAIL.test(text)
}

/**
 * Reads the publisher of a bundle. Its environment is not read: no certificate holds it.
 * @throws Refused
 */
export function parsePublisher(value: JsonObject): Publisher {
  const kind = field(value, 'kind')
  switch (kind) {
    case 'GitHub':
      return forge('github', value, 'workflow')
    case 'GitLab':
      return forge('gitlab', value, 'workflow_filepath')
    case 'Google': {
      const email = textIn(value, 'email', isEmail)
      return { kind: 'google', email }
    }
    default: {
      const shown = typeof kind === 'string' ? quoted(kind) : 'none'
      throw new Refused('publisher-unknown', `the publisher's kind is ${shown}, which is not supported`)
    }
  }
}

function forge(kind: 'github' | 'gitlab', value: JsonObject, workflow: string): Publisher {
  return {
    kind,
    repository: textIn(value, 'repository', (text) => isRepository(kind, text)),
    workflow: textIn(value, workflow, (text) => isWorkflow(kind, text)),
  }
}

function textIn(value: JsonObject, name: string, isValid: (text: string) => boolean): string {
  const text = field(value, name)
  if (typeof text === 'string' && isValid(text)) return text
  throw new Refused('publisher-malformed', `the publisher's ${name} is not valid`)
}

/** A publisher as people and the state read it: `github psf/requests publish.yml`. */
export function formatPublisher(publisher: Publisher): string {
  if (publisher.kind === 'google') return `google ${publisher.email}`
  return `${publisher.kind} ${publisher.repository} ${publisher.workflow}`
}

/** Whether two texts name one repository: GitHub and GitLab do not tell letter case apart. */
export function sameRepository(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
