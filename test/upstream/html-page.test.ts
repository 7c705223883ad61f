import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHtmlPage } from '../../src/upstream/html-page.js'

const base = new URL('https://index.example/simple/a/')
const parse = (html: string) => parseHtmlPage(Buffer.from(html), { base, name: 'a' })
const files = (html: string): unknown => parse(html).json['files']

describe('parseHtmlPage', () => {
  it('gives what PEP 691 gives', () => {
    expect(
      parse(`<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.0"><title>Links for a</title></head>
<body><h1>Links for a</h1>
<a href="../../packages/a-1.0.tar.gz#sha256=0123abcd" data-requires-python="&gt;=3.8,&lt;4" >a-1.0.tar.gz</a><br />
<A HREF='https://files.example/a-1.0-py3-none-any.whl#sha512=FF' data-core-metadata="sha256=aa" data-dist-info-metadata="sha256=bb" data-yanked="bad &amp; old">
  a-1.0-py3-none-any.whl
</A>
<a href="a-2.0.tar.gz" data-yanked="" data-dist-info-metadata="true">a-2.0.tar.gz</a>
</body></html>
<!--SERIAL 123-->`),
    ).toEqual({
      serial: 123,
      json: {
        meta: { 'api-version': '1.0' },
        name: 'a',
        files: [
          {
            filename: 'a-1.0.tar.gz',
            url: 'https://index.example/packages/a-1.0.tar.gz',
            hashes: { sha256: '0123abcd' },
            yanked: false,
            'requires-python': '>=3.8,<4',
          },
          {
            filename: 'a-1.0-py3-none-any.whl',
            url: 'https://files.example/a-1.0-py3-none-any.whl',
            hashes: { sha512: 'ff' },
            yanked: 'bad & old',
            'core-metadata': { sha256: 'aa' },
          },
          {
            filename: 'a-2.0.tar.gz',
            url: 'https://index.example/simple/a/a-2.0.tar.gz',
            hashes: {},
            yanked: true,
            'core-metadata': true,
          },
        ],
      },
    })
  })

  it('resolves against the first base element', () => {
    const html = '<base href="/files/"><base href="/other/"><a href="x.whl">x.whl</a>'
    expect(files(html)).toMatchObject([{ url: 'https://index.example/files/x.whl' }])
  })

  it('passes over what is no file', () => {
    const html = `<a>no href</a> <a href="mailto:x@y">m</a> <a href="javascript:x">j</a> <a href="file:///etc/passwd">f</a>
      <a href="http://[x">broken</a> <a href="../"></a> <script>"<a href='s.whl'>s.whl</a>"</script> <!-- <a href="c.whl">c</a> -->`
    expect(files(html)).toEqual([])
  })

  it('takes the name from the URL where the anchor has none, and odd hashes not at all', () => {
    const html = '<a href="x%20y.whl#md5">\n</a><a href="z%.whl#__proto__=ab"><b>z</b>.whl'
    expect(files(html)).toEqual([
      { filename: 'x y.whl', url: 'https://index.example/simple/a/x%20y.whl', hashes: {}, yanked: false },
      {
        filename: 'z.whl',
        url: 'https://index.example/simple/a/z%.whl',
        hashes: Object.fromEntries([['__proto__', 'ab']]),
        yanked: false,
      },
    ])
  })

  it('never fails', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '<a href="',
        '">',
        '</a>',
        '<base href=',
        '&#x;',
        '&#1114112;',
        '<!--',
        '<![CDATA[',
        '__proto__="x"',
      ),
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        parse(pieces.join(''))
      }),
    )
  })
})
