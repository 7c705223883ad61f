import { ReadingError, tokenize } from './tokens.js'
import type { Token } from './tokens.js'

/** A name such as `sys.stdout`: what it stands for is the reader's affair. */
export interface PythonName {
  readonly name: string
}

/** A value of Python written as text; `undefined` is None. */
export type PythonValue = string | number | boolean | undefined | PythonName | readonly PythonValue[] | PythonDict
export type PythonDict = ReadonlyMap<string, PythonValue>

export type PythonReading =
  | { readonly kind: 'value'; readonly value: PythonValue }
  | { readonly kind: ReadingError['kind']; readonly problem: string }

/** Reads a Python expression made of literals, names, tuples, lists, dictionaries and arithmetic, without running any. */
export function readPython(text: string): PythonReading {
  try {
    const tokens = tokenize(text)
    const reader = createReader(tokens)
    const value = reader.expressions()
    reader.end()
    return { kind: 'value', value }
  } catch (error) {
    if (!(error instanceof ReadingError)) throw error
    return { kind: error.kind, problem: error.message }
  }
}

interface Reader {
  expressions(): PythonValue
  end(): void
}

function createReader(tokens: readonly Token[]): Reader {
  let at = 0
  const isSign = (value: string): boolean => tokens[at]?.kind === 'sign' && tokens[at]?.value === value
  const accept = (value: string): boolean => {
    const found = isSign(value)
    if (found) at += 1
    return found
  }
  const expect = (value: string): void => {
    if (!accept(value)) throw new ReadingError('broken', `there is no ${value} where one is needed`)
  }
  const numeric = (value: PythonValue): number => {
    if (typeof value === 'number') return value
    throw new ReadingError('beyond', 'arithmetic with what is not a number')
  }

  const items = (close: string): { readonly list: PythonValue[]; readonly commas: boolean } => {
    const list: PythonValue[] = []
    let commas = false
    while (!isSign(close) && at < tokens.length) {
      list.push(sum())
      if (!accept(',')) break
      commas = true
    }
    return { list, commas }
  }

  const dictionary = (): PythonDict => {
    const entries = new Map<string, PythonValue>()
    while (!isSign('}') && at < tokens.length) {
      const key = sum()
      if (typeof key !== 'string') throw new ReadingError('beyond', 'a dictionary whose keys are not texts')
      expect(':')
      entries.set(key, sum())
      if (!accept(',')) break
    }
    expect('}')
    return entries
  }

  const text = (first: string): string => {
    let whole = first
    for (let next = tokens[at]; next?.kind === 'text'; next = tokens[at]) {
      whole += next.value
      at += 1
    }
    return whole
  }

  const atom = (): PythonValue => {
    const token = tokens[at]
    at += 1
    if (token === undefined) throw new ReadingError('broken', 'it ends too early')
    if (token.kind === 'text') return text(token.value)
    if (token.kind === 'number') return Number(token.value)
    if (token.kind === 'name') return named(token.value)
    if (token.value === '{') return dictionary()
    const close = token.value === '(' ? ')' : token.value === '[' ? ']' : undefined
    if (close === undefined) throw new ReadingError('broken', `there is a ${token.value} where a value is needed`)
    const { list, commas } = items(close)
    expect(close)
    const [only] = list
    return close === ')' && list.length === 1 && !commas ? only : list
  }

  const primary = (): PythonValue => {
    const value = atom()
    if (isSign('(') || isSign('[') || isSign('.'))
      throw new ReadingError('beyond', 'an expression that would have to be run')
    return accept('**') ? numeric(value) ** numeric(unary()) : value
  }
  const unary = (): PythonValue => {
    if (accept('-')) return -numeric(unary())
    return accept('+') ? numeric(unary()) : primary()
  }
  const product = (): PythonValue => {
    let value = unary()
    while (accept('*')) value = numeric(value) * numeric(unary())
    return value
  }
  const sum = (): PythonValue => {
    let value = product()
    for (;;) {
      if (accept('+')) {
        const next = product()
        value = typeof value === 'string' && typeof next === 'string' ? value + next : numeric(value) + numeric(next)
      } else if (accept('-')) value = numeric(value) - numeric(product())
      else return value
    }
  }

  return {
    expressions() {
      const { list, commas } = items('')
      if (list.length === 0) throw new ReadingError('broken', 'it is empty')
      return list.length === 1 && !commas ? list[0] : list
    },
    end() {
      const next = tokens[at]
      if (next !== undefined) throw new ReadingError('broken', `there is a ${JSON.stringify(next.value)} too much`)
    },
  }
}

function named(name: string): PythonValue {
  if (name === 'None') return undefined
  if (name === 'True') return true
  return name === 'False' ? false : { name }
}
