import { expect, it } from 'vitest'
import { distributionKey } from '../../src/attestations/distribution-name.js'

it.each([
  ['a_b-1.0.tar.gz', 'A.B-1.0.tar.gz'],
  ['a-b-1.0.tar.gz', 'a__b-1.0.tar.gz'],
  ['a-1.0rc1.zip', 'a-1.0RC.1.zip'],
  ['a-1.0-py2.py3-none-any.whl', 'A-v1.0-py3.py2-none-any.whl'],
  ['a-1.0-01b-py3-none-any.whl', 'a-1.0-1b-py3-none-any.whl'],
])('%s and %s are one distribution', (a, b) => {
  expect(distributionKey(a)).toBeDefined()
  expect(distributionKey(b)).toBe(distributionKey(a))
})

it.each([
  ['a-1.0.tar.gz', 'a-1.0.zip'],
  ['a-1.0.tar.gz', 'a-1.0.0.tar.gz'],
  ['a-1.0.tar.gz', 'b-1.0.tar.gz'],
  ['a-1.0-py3-none-any.whl', 'a-1.0-py2-none-any.whl'],
  ['a-1.0-py3-none-any.whl', 'a-1.0-1-py3-none-any.whl'],
])('%s and %s are two', (a, b) => {
  expect(distributionKey(a)).not.toBe(distributionKey(b))
})

it.each(['a.tar.gz', '-1.0.tar.gz', 'a-x.tar.gz', 'a-1.0.exe', 'a-1.0-py3-none.whl', 'a-1.0-x-py3-none-any.whl', ''])(
  '%s is none',
  (filename) => {
    expect(distributionKey(filename)).toBeUndefined()
  },
)
