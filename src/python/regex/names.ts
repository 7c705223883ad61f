const DIGITS = ['ZERO', 'ONE', 'TWO', 'THREE', 'FOUR', 'FIVE', 'SIX', 'SEVEN', 'EIGHT', 'NINE']

const SIGNS = new Map([
  ['SPACE', ' '],
  ['EXCLAMATION MARK', '!'],
  ['QUOTATION MARK', '"'],
  ['NUMBER SIGN', '#'],
  ['DOLLAR SIGN', '$'],
  ['PERCENT SIGN', '%'],
  ['AMPERSAND', '&'],
  ['APOSTROPHE', "'"],
  ['LEFT PARENTHESIS', '('],
  ['RIGHT PARENTHESIS', ')'],
  ['ASTERISK', '*'],
  ['PLUS SIGN', '+'],
  ['COMMA', ','],
  ['HYPHEN-MINUS', '-'],
  ['FULL STOP', '.'],
  ['SOLIDUS', '/'],
  ['COLON', ':'],
  ['SEMICOLON', ';'],
  ['LESS-THAN SIGN', '<'],
  ['EQUALS SIGN', '='],
  ['GREATER-THAN SIGN', '>'],
  ['QUESTION MARK', '?'],
  ['COMMERCIAL AT', '@'],
  ['LEFT SQUARE BRACKET', '['],
  ['REVERSE SOLIDUS', '\\'],
  ['RIGHT SQUARE BRACKET', ']'],
  ['CIRCUMFLEX ACCENT', '^'],
  ['LOW LINE', '_'],
  ['GRAVE ACCENT', '`'],
  ['LEFT CURLY BRACKET', '{'],
  ['VERTICAL LINE', '|'],
  ['RIGHT CURLY BRACKET', '}'],
  ['TILDE', '~'],
])

/** The code of an ASCII character by its Unicode name; JavaScript has no table of the others. */
export function codeByName(name: string): number | undefined {
  const upper = name.toUpperCase()
  const letter = /^LATIN (CAPITAL|SMALL) LETTER ([A-Z])$/.exec(upper)
  const digit = DIGITS.indexOf(upper.replace(/^DIGIT /, ''))
  if (letter) return (letter[2] ?? '').charCodeAt(0) + (letter[1] === 'SMALL' ? 32 : 0)
  if (digit >= 0 && upper.startsWith('DIGIT ')) return 48 + digit
  return SIGNS.get(upper)?.charCodeAt(0)
}
