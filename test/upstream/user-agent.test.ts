import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../src/errors.js'
import { withContact } from '../../src/upstream/http/user-agent.js'
import { serve, testClient } from './support.js'

describe('the User-Agent', () => {
  it('has the contact as a comment', async () => {
    const { url } = await serve((req, res) => res.end(req.headers['user-agent']))
    const answer = await testClient({ contact: 'https://mirror.example/about?a=b#c' }).get(url, { maxBytes: 1000 })
    expect(answer.body.toString()).toBe('bandersnatch/0 (test) (contact: https://mirror.example/about?a=b#c)')
  })

  it.each(['ops@example.org', 'Mirror Team <ops@example.org>', 'x'.repeat(200), '~!#$%&*[]{}|'])(
    'may have %j',
    (contact) => {
      expect(withContact('a/1', contact)).toBe(`a/1 (contact: ${contact})`)
    },
  )

  it.each([undefined, ''])('is as it was with %j', (contact) => {
    expect(withContact('a/1', contact)).toBe('a/1')
  })

  it.each([
    'a\r\nX-Evil: 1',
    'a\nb',
    'a\tb',
    'a\0b',
    'a(b',
    'a)b',
    'a\\b',
    'é@example.org',
    ' a',
    'a ',
    'a  b',
    '\x7f',
    'x'.repeat(201),
  ])('refuses %j', (contact) => {
    expect(() => withContact('a/1', contact)).toThrow(ConfigError)
    expect(() => testClient({ contact })).toThrow('[mirror] contact must be a mail address or URL')
  })
})
