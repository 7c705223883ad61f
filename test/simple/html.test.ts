import { describe, expect, it } from 'vitest'
import { escapeHref, escapeHtml } from '../../src/simple/escape.js'
import { projectHtml, rootHtml } from '../../src/simple/html.js'
import { parseHtmlPage } from '../../src/upstream/html-page.js'
import { OLD, OPTIONS, file, project } from './support.js'

/** What a client reads from a page, by the reader that the program has for the pages of other indexes. */
function read(html: string): {
  files: Record<string, unknown>[]
  rest: Record<string, unknown>
  serial: number | undefined
} {
  const { json, serial } = parseHtmlPage(Buffer.from(html), {
    base: new URL('https://mirror.example/simple/foo-bar/'),
    name: 'foo-bar',
  })
  const rest = Object.fromEntries(Object.entries(json).filter(([key]) => !['files', 'meta', 'name'].includes(key)))
  return { files: json['files'] as Record<string, unknown>[], rest, serial }
}

describe('projectHtml', () => {
  it('says everything that HTML has a place for', () => {
    const made = project(
      {
        '1.0': [
          file('foo_bar-1.0-py3-none-any.whl', {
            'core-metadata': { sha256: 'cd'.repeat(32) },
            requires_python: '>=3.8,<4 & "x"',
            yanked: true,
            yanked_reason: 'bad <&> "old" \'one\'',
          }),
        ],
      },
      {
        provenance: new Map([['foo_bar-1.0-py3-none-any.whl', 'https://index.example/integrity/a?b&c']]),
        projectStatus: { status: 'deprecated', reason: 'use <other> & "more"' },
        alternateLocations: ['https://other.example/simple/foo-bar/', 'https://third.example/"x"/'],
      },
    )
    const html = projectHtml(made, OPTIONS)
    expect(read(html)).toEqual({
      serial: 42,
      files: [
        {
          filename: 'foo_bar-1.0-py3-none-any.whl',
          url: 'https://mirror.example/packages/aa/bb/foo_bar-1.0-py3-none-any.whl',
          hashes: { sha256: 'ab'.repeat(32) },
          'requires-python': '>=3.8,<4 & "x"',
          yanked: 'bad <&> "old" \'one\'',
          'core-metadata': { sha256: 'cd'.repeat(32) },
          provenance: 'https://index.example/integrity/a?b&c',
        },
      ],
      rest: {
        'project-status': { status: 'deprecated', reason: 'use <other> & "more"' },
        'alternate-locations': ['https://other.example/simple/foo-bar/', 'https://third.example/"x"/'],
      },
    })
    // PEP 714: for clients of before and after
    expect(html).toContain(
      ` data-core-metadata="sha256=${'cd'.repeat(32)}" data-dist-info-metadata="sha256=${'cd'.repeat(32)}"`,
    )
    expect(html).toContain('<meta name="pypi:repository-version" content="1.4">')
    expect(html).toContain('<title>Links for foo-bar</title>')
  })

  it("is 8.0's with 1.1", () => {
    const made = project(
      { '1.0': [file('foo_bar-1.0.tar.gz', { requires_python: '>=3' })] },
      {
        provenance: new Map([['foo_bar-1.0.tar.gz', 'https://x.example/']]),
        projectStatus: { status: 'archived', reason: undefined },
      },
    )
    expect(projectHtml(made, OLD)).toBe(`<!DOCTYPE html>
<html>
  <head>
    <meta name="pypi:repository-version" content="1.0">
    <title>Links for Foo.Bar</title>
  </head>
  <body>
    <h1>Links for Foo.Bar</h1>
    <a href="../../packages/aa/bb/foo_bar-1.0.tar.gz#sha256=${'ab'.repeat(32)}" data-requires-python="&gt;=3">foo_bar-1.0.tar.gz</a><br/>
  </body>
</html>
<!--SERIAL 42-->`)
  })

  it('says nothing of what upstream does not say', () => {
    const html = projectHtml(
      project({ '1.0': [file('foo_bar-1.0.tar.gz')] }, { provenance: new Map([['foo_bar-1.0.tar.gz', null]]) }),
      OPTIONS,
    )
    expect(html).not.toMatch(/data-|status|alternate/)
    expect(projectHtml(project({}), OPTIONS)).toContain('<h1>Links for foo-bar</h1>\n\n  </body>')
  })

  it('cannot be broken out of', () => {
    const evil = '"><script>alert(1)</script><a href="'
    const made = project(
      {
        '1.0': [file(`x${evil.replaceAll('/', '')}.whl`, { requires_python: evil, yanked: true, yanked_reason: evil })],
      },
      {
        provenance: new Map([[`x${evil.replaceAll('/', '')}.whl`, `https://x.example/${evil}`]]),
        projectStatus: { status: evil, reason: evil },
        alternateLocations: [`https://x.example/${evil}`],
      },
    )
    const html = projectHtml(made, { ...OPTIONS, rootUri: `https://x.example/${evil}` })
    expect(html).not.toMatch(/<script/)
    expect(html.match(/<a /g)).toHaveLength(1)
    expect(read(html).files[0]).toMatchObject({
      filename: `x${evil.replaceAll('/', '')}.whl`,
      'requires-python': evil,
      yanked: evil,
    })
  })
})

describe('rootHtml', () => {
  it('links to each project', () => {
    expect([...rootHtml(['alpha', 'beta'], OPTIONS)].join('')).toBe(`<!DOCTYPE html>
<html>
  <head>
    <meta name="pypi:repository-version" content="1.4">
    <title>Simple Index</title>
  </head>
  <body>
    <a href="alpha/">alpha</a><br/>
    <a href="beta/">beta</a><br/>
  </body>
</html>`)
  })
})

describe('escaping', () => {
  it.each([
    ['plain', 'plain', 'plain'],
    ['a&b', 'a&amp;b', 'a&amp;b'],
    ['<"\'>', '&lt;&quot;&#x27;&gt;', '%3C%22&#x27;%3E'],
    ['a b\t', 'a b\t', 'a%20b%09'],
    ['é%20', 'é%20', '%C3%A9%20'],
    ['\ud800', '\ud800', '%EF%BF%BD'],
    ['`{}|\\^', '`{}|\\^', '%60%7B%7D%7C%5C%5E'],
  ])('%j', (text, html, href) => {
    expect(escapeHtml(text)).toBe(html)
    expect(escapeHref(text)).toBe(href)
  })
})
