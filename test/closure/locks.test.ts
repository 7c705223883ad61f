import { describe, expect, it } from 'vitest'
import { readLockFile } from '../../src/closure/locks/read.js'
import type { LockContent, LockedPackage } from '../../src/closure/locks/types.js'
import { LockFileError } from '../../src/closure/locks/types.js'
import { oracleCases } from '../helpers/oracle.js'

interface Case {
  name: string
  files: Record<string, string>
  packages: unknown[]
  warnings: { kind: string; package: string | null; line?: number; file?: string }[]
  error: { kind: string; line?: number } | null
}

const cases = oracleCases('locks') as Case[]

function reader(files: Record<string, string | Buffer>): (path: string) => Buffer | undefined {
  return (path) => (files[path] === undefined ? undefined : Buffer.from(files[path]))
}

function read(files: Record<string, string | Buffer>): LockContent | LockFileError {
  try {
    return readLockFile(Object.keys(files)[0] ?? '', reader(files))
  } catch (error) {
    if (error instanceof LockFileError) return error
    throw error
  }
}

function shown({ name, version, files, marker, extras, specifier, index }: LockedPackage): unknown {
  return {
    ...{ name, version: version ?? null },
    files: files.map((file) => ({
      ...{ name: file.name, hashes: Object.fromEntries(file.hashes) },
      ...(file.size === undefined ? {} : { size: file.size }),
    })),
    ...(marker === undefined ? {} : { marker }),
    ...(extras.length === 0 ? {} : { extras }),
    ...(specifier === undefined ? {} : { specifier }),
    ...(index === undefined ? {} : { index }),
  }
}

const packages = (content: LockContent | LockFileError): unknown[] => {
  if (content instanceof LockFileError) throw content
  return content.packages.map(shown)
}

describe('lock files', () => {
  it.each(cases.map((one) => [one.name, one] as const))(
    '%s',
    (_, { files, packages: expected, warnings: told, error }) => {
      const got = read(files)
      if (error !== null) {
        expect(got).toMatchObject({ kind: error.kind })
        if (got instanceof LockFileError && got.place.line !== undefined && error.line !== undefined) {
          expect(got.place.line).toBe(error.line)
        }
        return
      }
      expect(packages(got)).toEqual(expected)
      const first = Object.keys(files)[0]
      const got_ = got instanceof LockFileError ? [] : got.warnings
      expect(
        got_.map(({ kind, package: name, line, file }) => ({
          kind,
          package: name ?? null,
          line,
          ...(file === first ? {} : { file }),
        })),
      ).toEqual(told)
    },
  )
})
