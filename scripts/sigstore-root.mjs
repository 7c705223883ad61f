// Makes data/sigstore-trusted-root.json, the Sigstore root that the package ships, from the npm package @sigstore/tuf
// (Apache-2.0). It is run by hand when Sigstore rotates its keys, never at build:
//
//   npm pack @sigstore/tuf@4.0.2
//   tar -xzf sigstore-tuf-4.0.2.tgz package/package.json package/seeds.json
//   node scripts/sigstore-root.mjs package
//
// npm verifies the package's digest and signature. The seeds are what Sigstore's own client starts from.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const INSTANCE = 'https://tuf-repo-cdn.sigstore.dev'
const TARGET = new URL('../data/sigstore-trusted-root.json', import.meta.url)

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('usage: node scripts/sigstore-root.mjs DIRECTORY-OF-@sigstore/tuf')
const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
const seeds = JSON.parse(readFileSync(join(directory, 'seeds.json'), 'utf8'))
const encoded = seeds[INSTANCE]?.targets['trusted_root.json']
if (encoded === undefined) throw new Error(`${directory} has no trusted root of ${INSTANCE}`)
const root = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
// Readers pass over the field "source", which protobuf does not know.
writeFileSync(
  TARGET,
  `${JSON.stringify({ source: `${name} ${version}, seeds.json, ${INSTANCE}`, ...root }, null, 2)}\n`,
)
console.log(`${TARGET.pathname}: the root of ${name} ${version}`)
