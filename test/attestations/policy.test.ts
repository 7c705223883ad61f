import { describe, expect, it } from 'vitest'
import { judge, parsePublisherPolicy } from '../../src/attestations/policy.js'
import type { CheckMode, Expectation } from '../../src/attestations/policy.js'
import type { Verdict } from '../../src/attestations/types.js'

const parse = (...lines: readonly string[]): ReadonlyMap<string, Expectation> =>
  parsePublisherPolicy(lines, (line, problem) => new Error(`${line}: ${problem}`))

describe('[attestations] publishers', () => {
  it('reads each kind of line, several for a project and comments', () => {
    const policy = parse(
      '',
      '# our own',
      'Requests = github psf/requests',
      'sample_project = github pypa/sampleproject release.yml',
      'sample-project=google robot@example.com',
      'thing = gitlab group/sub/thing ci/.gitlab-ci.yml',
      'boto3 = none',
    )
    expect(Object.fromEntries(policy)).toEqual({
      requests: [{ kind: 'github', repository: 'psf/requests', workflow: undefined }],
      'sample-project': [
        { kind: 'github', repository: 'pypa/sampleproject', workflow: 'release.yml' },
        { kind: 'google', email: 'robot@example.com' },
      ],
      thing: [{ kind: 'gitlab', repository: 'group/sub/thing', workflow: 'ci/.gitlab-ci.yml' }],
      boto3: 'none',
    })
  })

  it.each([
    'requests',
    'requests github psf/requests',
    '= github psf/requests',
    're quests = github psf/requests',
    'requests =',
    'requests = forge psf/requests',
    'requests = GitHub psf/requests',
    'requests = github psf',
    'requests = github psf/requests/more',
    'requests = github https://github.com/psf/requests',
    'requests = github psf/requests ../x.yml',
    'requests = github psf/requests release.yml more',
    'requests = google robot',
    'requests = google robot@example.com more',
    'requests = none more',
  ])('refuses the line %j', (line) => {
    expect(() => parse(line)).toThrow(line)
  })

  it('refuses lines that contradict each other', () => {
    expect(() => parse('a = none', 'a = github b/c')).toThrow('another line on a contradicts it')
    expect(() => parse('a = github b/c', 'A = none')).toThrow('another line on a contradicts it')
  })
})

describe('what becomes of a file', () => {
  const verified: Verdict = { kind: 'verified', publishers: [], predicates: [] }
  const refused: Verdict = { kind: 'refused', reason: 'policy', detail: 'another' }
  const listed: Expectation = [{ kind: 'github', repository: 'a/b', workflow: undefined }]
  const cases: readonly (readonly [CheckMode, string, Verdict | undefined, Expectation | undefined, string])[] = [
    ['off', 'invalid', refused, listed, 'mirror'],
    ['warn', 'valid', verified, listed, 'mirror'],
    ['warn', 'none', undefined, undefined, 'mirror'],
    ['warn', 'invalid', refused, undefined, 'warn'],
    ['warn', 'invalid, "none" is expected', refused, 'none', 'warn'],
    ['warn', 'none of a listed project', undefined, listed, 'refuse'],
    ['warn', 'invalid of a listed project', refused, listed, 'refuse'],
    ['require', 'none', undefined, undefined, 'refuse'],
    ['require', 'none, as expected', undefined, 'none', 'mirror'],
    ['require', 'invalid', refused, undefined, 'refuse'],
    ['require', 'valid', verified, undefined, 'mirror'],
  ]
  it.each(cases)('check = %s, attestation: %s', (mode, _, verdict, expectation, action) => {
    expect(judge(mode, verdict, expectation).action).toBe(action)
  })

  it('has the reason in its problem', () => {
    expect(judge('require', refused, undefined).problem).toBe('policy: another')
    expect(judge('require', undefined, undefined).problem).toBe('the index has no attestation of the file')
  })
})
