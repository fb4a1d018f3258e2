/**
 * Byte strings. A message is held as a latin-1 string, one character a byte, so that nothing is
 * lost or re-encoded and lengths are byte lengths. Use `fromWire` and `toWire` at the edges and
 * `utf8` where a person reads a value.
 */
export const fromWire = (bytes: Buffer): string => bytes.toString('latin1')
export const toWire = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A byte string as readable text. */
export const utf8 = (text: string): string => Buffer.from(text, 'latin1').toString('utf8')
/** Readable text as a byte string. */
export const byteString = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/**
 * A copy that shares no memory with the text it was cut from: what outlives its message (a dialog's
 * tags, say) must not keep up to 64 KiB of it alive.
 */
export const detached = (text: string): string => Buffer.from(text, 'latin1').toString('latin1')

export const space = 32
export const tab = 9

export const isBlank = (code: number): boolean => code === space || code === tab
const isBlankOrEol = (code: number): boolean => isBlank(code) || code === 13 || code === 10

/** `text.slice(from, to)` without white space at both ends. */
export const trimmedSlice = (text: string, from: number, to: number): string => {
  let start = from
  let end = to
  while (start < end && isBlankOrEol(text.charCodeAt(start))) start++
  while (end > start && isBlankOrEol(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

/** Position of `code` within a part of a text, or -1. Looks no further, as `indexOf` would. */
export const indexWithin = (text: string, code: number, from: number, to: number): number => {
  for (let i = from; i < to; i++) if (text.charCodeAt(i) === code) return i
  return -1
}

/** Replaces line folding (RFC 3261 section 7.3.1) by one space each. */
export const unfold = (value: string): string =>
  value.includes('\n')
    ? value
        .split('\n')
        .map((line) => trimmedSlice(line, 0, line.length))
        .join(' ')
    : value

/** A non-negative decimal number of at most `digits` digits, or undefined. */
export const decimal = (text: string, digits = 10): number | undefined => {
  if (text.length === 0 || text.length > digits) return undefined
  let value = 0
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return undefined
    value = value * 10 + digit
  }
  return value
}

const tokenCodes = new Uint8Array(256)
for (const c of "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~") {
  tokenCodes[c.charCodeAt(0)] = 1
}

/** RFC 3261 section 25.1 `token`. */
export const isToken = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (tokenCodes[text.charCodeAt(i)] !== 1) return false
  return text.length > 0
}
