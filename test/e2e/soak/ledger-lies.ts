import { answerWith } from '../../helpers/index/index.js'
import type { HookedRequest, Reaction } from '../../helpers/index/index.js'
import type { Ran } from '../support.js'
import { HONEST } from './ledger-world.js'
import type { Command, World } from './ledger-world.js'

const JSON_TYPE = { 'content-type': 'application/json' }
const LIST_TYPE = { 'content-type': 'application/vnd.pypi.simple.v1+json', 'x-pypi-last-serial': '39999999' }
const SIGN_IN = answerWith(
  200,
  { 'content-type': 'text/html' },
  '<html><body><a href="/login">Sign in</a></body></html>',
)
const NOTHING = answerWith(404, {})
const BRACES = answerWith(200, JSON_TYPE, '{}')
const EMPTY_LIST = answerWith(
  200,
  LIST_TYPE,
  '{"meta": {"api-version": "1.4", "_last-serial": 39999999}, "projects": []}',
)

const isProject = ({ path, method }: HookedRequest): boolean =>
  method !== 'POST' && path !== '/simple/' && !path.startsWith('/packages/')
const isFile = ({ path }: HookedRequest): boolean => path.startsWith('/packages/')

/** What an upstream may answer that lies for one run. */
export const LIES = {
  '404 for everything': () => NOTHING,
  '{} for everything': () => BRACES,
  'a sign-in page for everything': () => SIGN_IN,
  'an empty list': (request) =>
    request.path === '/simple/' ? EMPTY_LIST : request.method === 'POST' ? NOTHING : 'pass',
  '404 for projects': (request) => (isProject(request) ? NOTHING : 'pass'),
  'a sign-in page for projects': (request) => (isProject(request) ? SIGN_IN : 'pass'),
  '{} for projects': (request) => (isProject(request) ? BRACES : 'pass'),
  'no files': (request) => (isFile(request) ? NOTHING : 'pass'),
  'wrong files': (request) => (isFile(request) ? answerWith(200, {}, 'not the file') : 'pass'),
} as const satisfies Record<string, (request: HookedRequest) => Reaction>

/** Runs a command against an upstream that lies. */
export async function lying(world: World, what: keyof typeof LIES, command: Command): Promise<Ran> {
  world.lie = LIES[what]
  try {
    return await world.run(command)
  } finally {
    world.lie = HONEST
  }
}
