/**
 * Characters from upstream that could forge lines, steer a terminal or reorder what is read: controls but for the tab,
 * line and paragraph separators, direction marks and halves of surrogate pairs.
 */
const HOSTILE =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** The text with such characters as they are written in a program: `\x1b`, `\u202e`. */
export function visible(text: string): string {
  return text.replace(HOSTILE, (char) => {
    const code = char.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : escapedUnit(code)
  })
}

/** A line of JSON with such characters escaped as JSON has it: nothing of the message is changed. */
export function visibleJson(line: string): string {
  return line.replace(HOSTILE, (char) => (char === '\n' ? char : escapedUnit(char.charCodeAt(0))))
}

function escapedUnit(code: number): string {
  return `\\u${code.toString(16).padStart(4, '0')}`
}
