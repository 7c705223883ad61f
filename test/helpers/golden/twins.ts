import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import * as sdk from '@aws-sdk/client-s3'
import pLimit from 'p-limit'
import { runInProcess } from '../in-process.js'
import type { Ran } from '../in-process.js'
import type { TestBucket } from '../s3-bucket.js'
import { applyEdit } from './edit.js'
import type { Edit, GoldenCase } from './cases.js'
import { manifest } from './compare.mjs'
import type { ManifestEntry } from './compare.mjs'
import { AS_8_0 } from './replay.js'
import { startUpstream } from './serve.mjs'

/** What the two mirrors of one case, a directory and a bucket, differ in; a line each. */
export interface Twins {
  readonly differences: string[]
  /** everything below the prefix, as it is at the end */
  readonly objects: ReadonlyMap<string, StoredObject>
  /** the mirror directory */
  readonly directory: string
}

export interface StoredObject {
  readonly body: Buffer
  readonly metadata: Readonly<Record<string, string>>
}

interface Stage {
  readonly golden: GoldenCase
  readonly bucket: TestBucket
  /** of the bucket */
  readonly prefix: string
  readonly directory: string
  readonly aux: string
  readonly master: string
}

/** Runs a recorded case with both backends, in this process, and compares what they leave. */
export async function replayTwins(
  golden: GoldenCase,
  where: { upstream: string; scratch: string; bucket: TestBucket },
): Promise<Twins> {
  const upstream = await startUpstream(where.upstream, { state: 't0' })
  const { bucket } = where
  const directory = join(where.scratch, 'mirror')
  const aux = join(where.scratch, 'aux')
  const stage: Stage = { golden, bucket, prefix: golden.name, directory, aux, master: golden.base ?? upstream.url }
  const edited = new Set<string>()
  const differences: string[] = []
  fs.mkdirSync(aux, { recursive: true })
  for (const [path, content] of Object.entries(golden.files ?? {})) {
    fs.mkdirSync(dirname(join(aux, path)), { recursive: true })
    fs.writeFileSync(join(aux, path), typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'))
  }
  try {
    for (const [index, step] of golden.steps.entries()) {
      if ('edit' in step) {
        for (const edit of step.edit) {
          applyEdit(directory, edit)
          edited.add(edit.path)
          await repeatEdit(stage, edit)
        }
        continue
      }
      upstream.setState(step.state)
      const config = step.config ?? golden.config
      const [tree, objects] = await Promise.all([
        runOn(stage, 'filesystem', config, step.run),
        runOn(stage, 's3', config, step.run),
      ])
      if (tree.exit !== objects.exit)
        differences.push(`step ${index} ends with ${tree.exit} and ${objects.exit}\n${objects.log.slice(-1500)}`)
    }
  } finally {
    await upstream.close()
  }
  const objects = await download(bucket, stage.prefix)
  differences.push(...compareContents(stage, objects, join(where.scratch, 'bucket')))
  differences.push(...compareMetadata(stage, objects, edited))
  return { differences, objects, directory }
}

/** `bandersnatch ARGS` in this process. */
async function runOn(stage: Stage, backend: 'filesystem' | 's3', text: string, args: readonly string[]): Promise<Ran> {
  const { golden, bucket, directory, aux, prefix, master } = stage
  const place = backend === 's3' ? `/${bucket.bucket}/${prefix}` : directory
  const fill = (one: string): string =>
    one.replaceAll('@DIR@', place).replaceAll('@BASE@', master).replaceAll('@AUX@', aux)
  const configPath = join(aux, `${backend}.conf`)
  const head = backend === 's3' ? `${AS_8_0}storage-backend = s3\n` : AS_8_0
  const tail = backend === 's3' ? bucket.section() : ''
  const own = text.replace(/^storage-backend\b.*\n/m, '')
  fs.writeFileSync(configPath, fill(own).replace(/^\[mirror\]\r?\n/m, (line) => line + head) + tail)
  const env = Object.fromEntries(Object.entries(golden.env ?? {}).map(([name, value]) => [name, fill(value)]))
  return runInProcess(['-c', configPath, ...args.map(fill)], { cwd: aux, env })
}

/** What an edit of the directory would be in a bucket. What somebody else wrote has no digest beside it. */
async function repeatEdit({ bucket: { client, bucket }, prefix, directory }: Stage, edit: Edit): Promise<void> {
  const Key = `${prefix}/${edit.path}`
  const path = join(directory, edit.path)
  if (edit.op === 'mkdir') return put(`${Key}/.s3keep`, Buffer.alloc(0))
  if (edit.op === 'delete') return void (await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key })))
  if (edit.op === 'rmtree') {
    const { Contents } = await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: `${Key}/` }))
    for (const one of Contents ?? []) await client.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key: one.Key }))
    return
  }
  const body = fs.readFileSync(path)
  if (edit.op !== 'touch') return put(Key, body)
  const sha256 = createHash('sha256').update(body).digest('hex')
  return put(Key, body, { sha256, 'uploaded-at': String(edit.mtime ?? fs.statSync(path).mtimeMs / 1000) })

  async function put(key: string, bytes: Buffer, metadata: Record<string, string> = {}): Promise<void> {
    await client.send(new sdk.PutObjectCommand({ Bucket: bucket, Key: key, Body: bytes, Metadata: metadata }))
  }
}

/** All objects below a prefix, by key below it. */
export async function download({ client, bucket }: TestBucket, prefix: string): Promise<Map<string, StoredObject>> {
  const objects = new Map<string, StoredObject>()
  let token: string | undefined
  do {
    const page: sdk.ListObjectsV2CommandOutput = await client.send(
      new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: `${prefix}/`, ContinuationToken: token }),
    )
    const turn = pLimit(20)
    await Promise.all(
      (page.Contents ?? []).map(({ Key = '' }) =>
        turn(async () => {
          const { Body, Metadata } = await client.send(new sdk.GetObjectCommand({ Bucket: bucket, Key }))
          const body = Buffer.from((await Body?.transformToByteArray()) ?? [])
          objects.set(Key.slice(prefix.length + 1), { body, metadata: Metadata ?? {} })
        }),
      ),
    )
    token = page.NextContinuationToken
  } while (token !== undefined)
  return objects
}

/** Keys and contents. Modes, times, links and empty directories do not exist in a bucket. */
function compareContents(stage: Stage, objects: ReadonlyMap<string, StoredObject>, copy: string): string[] {
  fs.mkdirSync(copy, { recursive: true })
  for (const [key, { body }] of objects) {
    if (key.endsWith('/.s3keep') || key === '.s3keep') continue
    fs.mkdirSync(dirname(join(copy, key)), { recursive: true })
    fs.writeFileSync(join(copy, key), body)
  }
  const base = stage.master
  const texts = new Map<string, Buffer>()
  const wanted = filesOf(fs.existsSync(stage.directory) ? manifest(stage.directory, { base }, texts) : {})
  const found = filesOf(manifest(copy, { base, dir: `/${stage.bucket.bucket}/${stage.prefix}` }, texts))
  return [...new Set([...wanted.keys(), ...found.keys()])].sort().flatMap((path) => {
    const [tree, object] = [wanted.get(path), found.get(path)]
    if (tree === object) return []
    if (tree === undefined) return [`only in the bucket: ${path}`]
    if (object === undefined) return [`only in the directory: ${path}`]
    const [a, b] = [texts.get(tree), texts.get(object)].map((text) => text?.toString().slice(0, 400))
    return [`other content: ${path}${a === undefined ? '' : `\n  ${a}\n  ${b ?? ''}`}`]
  })
}

/** Digest of every file, by path; of what a link points to where there is one. */
function filesOf(entries: Record<string, ManifestEntry>): Map<string, string> {
  const files = new Map<string, string>()
  for (const [path, entry] of Object.entries(entries)) {
    if (path.startsWith('.bandersnatch')) continue
    const { sha256 } =
      entry.type === 'symlink' ? (entries[linkTarget(entries, path, entry.target ?? '')] ?? entry) : entry
    if (sha256 !== undefined) files.set(path, sha256)
  }
  return files
}

/** The path that a link stands for: relative to its directory, with the newest of the versions whose time is replaced. */
function linkTarget(entries: Record<string, ManifestEntry>, path: string, target: string): string {
  const named = join(dirname(path), target.replace(/\d{4}-\d\d-\d\dT\d{6}\.\d{6}Z/, '@TIMESTAMP@'))
  const versions = Object.keys(entries).filter((key) => key === named || key.startsWith(`${named}#`))
  return versions.sort().at(-1) ?? named
}

/** What 8.0 keeps with a release file: its digest, and the upload time that is an mtime in the directory. */
function compareMetadata(
  { directory }: Stage,
  objects: ReadonlyMap<string, StoredObject>,
  edited: ReadonlySet<string>,
): string[] {
  return [...objects].flatMap(([key, { body, metadata }]) => {
    if (!key.startsWith('web/packages/') || key.endsWith('/.s3keep') || edited.has(key)) return []
    const names = Object.keys(metadata).filter((name) => name !== 'uploaded-at')
    const wrong = names.filter((name) => createHash(name).update(body).digest('hex') !== metadata[name])
    const path = join(directory, key)
    const mtime = fs.existsSync(path) ? fs.statSync(path).mtimeMs / 1000 : NaN
    const same = Math.abs(Number(metadata['uploaded-at']) - mtime) < 6e-7
    return names.length > 0 && wrong.length === 0 && same
      ? []
      : [`${key} has the metadata ${JSON.stringify(metadata)}; mtime ${mtime}`]
  })
}
