import { generatedBody } from './body.js'
import type { Distribution } from './distribution.js'
import { sdist, wheel } from './distribution.js'
import type { PackageIndex } from './package-index.js'
import { createPackageIndex } from './package-index.js'
import type { Upload } from './types.js'

/** Three megabytes: enough to be streamed and resumed. */
const BIG = 3 * 1024 * 1024
const MODERN = { requiresPython: '>=3.8', classifiers: ['Programming Language :: Python :: 3'] } as const

/** The project to install: it needs `demo-lib`, `Demo.Text_Utils`, `demo-sdist-only`, `demo-bare` and `demo-compat`. */
export const FIXTURE_APP = 'demo-app'

/**
 * A small index of real packages that pip installs, with about every kind of thing that PyPI has:
 * pre-releases, yanked releases, sdists alone, platform wheels, old Pythons, odd names, an empty project.
 */
export function fixtureIndex(): PackageIndex {
  const index = createPackageIndex()
  const both = (distribution: Distribution): Upload[] => [wheel(distribution), sdist(distribution)]
  const publish = (distribution: Distribution, uploads: (of: Distribution) => Upload[] = both): void =>
    index.publish(distribution.name, distribution.version, uploads({ ...MODERN, ...distribution }))

  for (const version of ['0.9', '1.0', '1.1', '2.0rc1']) {
    publish({ name: 'demo-core', version, summary: 'What the others rest on' })
  }
  for (const version of ['1.0', '1.1', '1.2']) {
    publish({ name: 'demo-lib', version, requiresDist: ['demo-core>=1.0'] })
  }
  index.yank('demo-lib', '1.2', 'breaks demo-app, use 1.1')

  const unicode = { summary: 'Text – with “Unicode”', description: '# Grüße, 世界 🌍\n' }
  publish({ name: 'Demo.Text_Utils', version: '1.0', ...unicode }, (of) => [
    // spelled as old tools did
    { ...wheel(of), filename: 'Demo.Text_Utils-1.0-py3-none-any.whl' },
    sdist(of),
  ])
  publish({ name: 'demo-sdist-only', version: '3.0.post1' }, (of) => [sdist(of)])
  publish({ name: 'demo-bare', version: '0.1' }, (of) => [wheel(of, { servesMetadata: false })])
  publish({ name: 'demo-compat', version: '1.0' })
  publish({ name: 'demo-compat', version: '2.0', requiresPython: '>=4' })
  publish({ name: 'demo-compat', version: '0.5', requiresPython: '>=2.7,<3' }, (of) => [
    wheel(of, { tag: 'py2-none-any' }),
  ])
  publish({ name: 'demo-native', version: '1.0' }, (of) => [
    wheel(of, { tag: 'cp38-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64' }),
  ])
  publish({ name: 'demo-big', version: '1.0', files: bigFiles() }, (of) => [wheel(of)])
  publish({ name: 'demo-yanked', version: '1.0' })
  index.yank('demo-yanked', '1.0')
  publish({ name: 'demo-archived', version: '1.0' })
  index.archive('demo-archived')
  index.create('demo-empty')

  const requiresDist = [
    'demo-lib>=1.0',
    'Demo.Text-Utils~=1.0',
    'demo-sdist-only',
    'demo-bare',
    'demo-compat',
    'demo-big; extra == "big"',
  ]
  for (const version of ['1.0', '1.1']) {
    publish({
      name: FIXTURE_APP,
      version,
      requiresDist,
      extras: ['big'],
      files: appFiles(version),
      scripts: { 'demo-app': 'demo_app:main' },
    })
  }
  return index
}

function bigFiles(): Record<string, string | Buffer> {
  return {
    'demo_big/__init__.py': '',
    'demo_big/data.bin': generatedBody('demo-big', BIG).read(0, BIG),
  }
}

function appFiles(version: string): Record<string, string> {
  const modules = ['demo_core', 'demo_lib', 'demo_text_utils', 'demo_sdist_only', 'demo_bare', 'demo_compat']
  return {
    'demo_app/__init__.py': `import ${modules.join(', ')}

__version__ = '${version}'


def main():
    for module in (${modules.join(', ')}):
        print(module.__name__, module.__version__)
`,
  }
}
