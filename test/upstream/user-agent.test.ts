import { describe, expect, it } from 'vitest'
import { withContact } from '../../src/upstream/http/user-agent.js'
import { serve, testClient } from './support.js'

describe('the User-Agent', () => {
  it('has the contact as a comment', async () => {
    const { url } = await serve((req, res) => res.end(req.headers['user-agent']))
    const answer = await testClient({ contact: 'https://mirror.example/about?a=b#c' }).get(url, { maxBytes: 1000 })
    expect(answer.body.toString()).toBe('bandersnatch/0 (test) (contact: https://mirror.example/about?a=b#c)')
  })

  it('is as it was without one', () => {
    expect(withContact('a/1', undefined)).toBe('a/1')
  })
})
