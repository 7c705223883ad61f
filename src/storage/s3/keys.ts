import { ConfigError } from '../../errors.js'

/** Bucket and prefix of the mirror; the prefix is empty or ends with `/`. */
export interface S3Root {
  readonly bucket: string
  readonly prefix: string
}

/** One object: what every S3 call wants. */
export interface S3Place {
  readonly Bucket: string
  readonly Key: string
}

/** The empty object that stands for a directory, as 8.0 writes it. */
export const KEEP_FILE = '.s3keep'

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/

/** Parses `/bucket/prefix`, the `directory` of a mirror on S3. @throws ConfigError */
export function parseRoot(directory: string): S3Root {
  const [bucket = '', ...segments] = directory.split('/').filter((part) => part !== '' && part !== '.')
  if (!BUCKET.test(bucket) || segments.includes('..')) {
    throw new ConfigError(
      `[mirror] directory = ${directory}: with storage-backend = s3 it must be /bucket or /bucket/prefix`,
    )
  }
  return { bucket, prefix: segments.map((segment) => `${segment}/`).join('') }
}

/** Where a key lies. One that begins with `/` is a location of its own: `/bucket/key`. */
export function placeOf(root: S3Root, key: string): S3Place {
  if (!key.startsWith('/')) return { Bucket: root.bucket, Key: root.prefix + key }
  const slash = key.indexOf('/', 1)
  if (slash < 0) throw new ConfigError(`${key} is not an S3 location; it must be /bucket/key`)
  return { Bucket: key.slice(1, slash), Key: key.slice(slash + 1) }
}

/** The object prefix below which everything of a directory lies; ends with `/` unless it is the bucket itself. */
export function directoryPrefix(root: S3Root, key: string): S3Place {
  const place = placeOf(root, key)
  return place.Key === '' || place.Key.endsWith('/') ? place : { ...place, Key: `${place.Key}/` }
}

/** An object as the CopySource header names it. */
export function copySource(place: S3Place): string {
  return [place.Bucket, ...place.Key.split('/')].map(encodeURIComponent).join('/')
}

/** Compares by code point, which is the order of UTF-8 too; JavaScript's own order is by UTF-16 unit. */
export function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
