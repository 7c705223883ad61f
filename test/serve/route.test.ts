import { describe, expect, it } from 'vitest'
import { pagesFor } from '../../src/serve/negotiate.js'
import { route } from '../../src/serve/route.js'
import type { Route } from '../../src/serve/route.js'

describe('route', () => {
  it.each<[string, Route]>([
    ['/', { kind: 'redirect', to: '/simple/' }],
    ['/simple', { kind: 'redirect', to: '/simple/' }],
    ['/simple/', { kind: 'pages', directory: 'web/simple', page: undefined }],
    ['/simple/index.v1_json', { kind: 'pages', directory: 'web/simple', page: 'index.v1_json' }],
    ['/simple/foo/', { kind: 'pages', directory: 'web/simple/foo', page: undefined }],
    ['/simple/foo/index.html', { kind: 'pages', directory: 'web/simple/foo', page: 'index.html' }],
    ['/simple/foo', { kind: 'redirect', to: '/simple/foo/' }],
    ['/simple/Foo.Bar__baz/', { kind: 'redirect', to: '/simple/foo-bar-baz/' }],
    ['/simple/FOO/index.html', { kind: 'redirect', to: '/simple/foo/index.html' }],
    ['/simple/f%6fo/', { kind: 'redirect', to: '/simple/foo/' }],
    ['/pypi/foo/json', { kind: 'metadata', key: 'web/pypi/foo/json' }],
    ['/pypi/foo/json/', { kind: 'metadata', key: 'web/pypi/foo/json' }],
    ['/pypi/Foo_Bar/json', { kind: 'redirect', to: '/pypi/foo-bar/json' }],
    ['/json/foo', { kind: 'metadata', key: 'web/json/foo' }],
    ['/json/Foo', { kind: 'redirect', to: '/json/foo' }],
    [
      '/integrity/foo/1.0%2Bx/foo-1.0.whl/provenance',
      { kind: 'provenance', key: 'web/integrity/foo/1.0+x/foo-1.0.whl/provenance' },
    ],
    [
      '/integrity/Foo/1.0/foo%2B1.whl/provenance',
      { kind: 'redirect', to: '/integrity/foo/1.0/foo%2B1.whl/provenance' },
    ],
    ['/packages/2/2/60/a%2Bb.whl', { kind: 'package', path: '/2/2/60/a%2Bb.whl' }],
    ...[
      '/simple//',
      '/simple/foo//',
      '/simple/foo/bar/',
      '/simple/foo/versions/',
      '/simple/%2e%2e/',
      '/simple/a%2fb/',
      '/simple/%00/',
      '/pypi/foo/1.0/json',
      '/pypi/foo/',
      '/json/',
      '/json/foo/',
      '/json/-/',
      '/status',
      '',
      'simple/',
      '*',
      '//host/simple/',
      `/simple/${'a'.repeat(300)}/`,
      '/packages',
      '/integrity/foo/1.0/foo-1.0.whl',
      '/integrity/foo/1.0/foo-1.0.whl/provenance/',
      '/integrity/foo/../foo-1.0.whl/provenance',
      '/integrity/foo/..%2F..%2F..%2F/foo-1.0.whl/provenance',
      '/integrity/%2e%2e/1.0/foo-1.0.whl/provenance',
      '/integrity/',
    ].map((path): [string, Route] => [path, { kind: 'unknown' }]),
  ])('%s', (path, expected) => expect(route(path, false)).toEqual(expected))

  it('finds pages below first letters with hash-index', () => {
    expect(route('/simple/foo/', true)).toEqual({ kind: 'pages', directory: 'web/simple/f/foo', page: undefined })
    expect(route('/simple/f/', true)).toEqual({ kind: 'pages', directory: 'web/simple/f/f', page: undefined })
    expect(route('/simple/', true)).toEqual({ kind: 'pages', directory: 'web/simple', page: undefined })
  })

  it.each(['constructor', '__proto__', 'toString'])('takes %s for a name', (name) => {
    expect(route(`/pypi/${name}/json`, false).kind).toMatch(/redirect|metadata|unknown/)
  })
})

describe('pagesFor', () => {
  const json = 'application/vnd.pypi.simple.v1+json'
  it.each([
    [undefined, null, 'index.html'],
    [`${json};q=0.5, text/html;q=0.9`, null, 'index.html'],
    [`${json};q=0.9, text/html;q=0.5`, null, 'index.v1_json'],
    ['application/*', null, 'index.v1_html'],
    ['text/plain', null, 'index.html'],
    [';;;,,q=', null, 'index.html'],
    [json, 'text/html', 'index.html'],
    ['text/html', json, 'index.v1_json'],
    ['text/html', json.replace('+', ' '), 'index.v1_json'],
    [json, 'toString', 'index.v1_json'],
  ])('Accept %s, format %s: %s', (accept, format, first) => {
    const pages = pagesFor({ headers: accept === undefined ? {} : { accept } }, format)
    expect(pages[0]).toBe(first)
    expect([...pages].sort()).toEqual(['index.html', 'index.v1_html', 'index.v1_json'])
  })
})
