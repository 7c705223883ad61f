import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHtmlListReader } from '../../src/upstream/html-list.js'

function names(html: string, pieces = 1): string[] {
  const found: string[] = []
  const page = { url: new URL('https://index.example/root/pypi/simple/'), shown: 'the list' }
  const reader = createHtmlListReader((name) => found.push(name), page)
  const bytes = Buffer.from(html)
  const size = Math.ceil(bytes.length / pieces)
  for (let from = 0; from < bytes.length; from += size) reader.write(bytes.subarray(from, from + size))
  reader.end()
  return found
}

describe('an HTML list of projects', () => {
  it.each([1, 7, 1000])('has the names as spelled, in %i pieces', (pieces) => {
    const html = `<!DOCTYPE html><html><head><title>Simple index</title></head><body>
<a href="/root/pypi/simple/foo-bar/">Foo.Bar</a><br/>
<A HREF='2048/'> 2048 </A> <a href="zope.interface">zope.interface</a>
<a href="https://index.example/simple/b%C3%A9/?x#y"><b>bé</b></a>`
    expect(names(html, pieces)).toEqual(['Foo.Bar', '2048', 'zope.interface', 'bé'])
  })

  it('passes over what is no project', () => {
    expect(
      names(`<a href="../">..</a><a>none</a><a href="">x</a><a href="http://[x">x</a><a href="x/"></a><a href="/a/b/">other</a>
      <base href="/elsewhere/"><!-- <a href="c/">c</a> --><script>"<a href='s/'>s</a>"</script><a href="good/">good</a>`),
    ).toEqual(['good'])
  })

  it.each(['', '<h1>Sign in</h1><a href="/login">Sign in</a>', '<a href="../">..</a>'])('is none: %j', (html) => {
    expect(() => names(html)).toThrow('the list: HTML that is not a list of projects')
  })

  it('never fails otherwise', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('<a href="', 'x/">', 'x', '</a>', '<base href="', '<!--', '&#x;', '%', '"'),
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        try {
          names(pieces.join(''), 3)
        } catch (error) {
          expect(String(error)).toMatch(/not a list of projects/)
        }
      }),
    )
  })
})
