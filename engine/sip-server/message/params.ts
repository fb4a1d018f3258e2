import { trimmedSlice } from './text.ts'

/** Position of the quote that closes the string opened at `open`, or -1. */
const closingQuote = (text: string, open: number): number => {
  for (let i = open + 1; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 92) i++
    else if (c === 34) return i
  }
  return -1
}

/** False where a quote does not end, or a bracket stands outside quotes: what follows would be its. */
export const isPlain = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 60 || c === 62) return false
    if (c !== 34) continue
    i = closingQuote(text, i)
    if (i < 0) return false
  }
  return true
}

/**
 * Position of the first `wanted` character outside quotes and angle brackets, or -1.
 * An unclosed quote or bracket swallows the rest, as a strict reader would refuse it anyway.
 */
export const findOutside = (text: string, wanted: string, from = 0): number => {
  const plain = text.indexOf(wanted, from)
  if (plain < 0) return -1
  const target = wanted.charCodeAt(0)
  for (let i = from; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === target) return i
    if (c !== 34 && c !== 60) continue
    i = c === 34 ? closingQuote(text, i) : text.indexOf('>', i)
    if (i < 0) return -1
  }
  return -1
}

/** Pieces between `separator`s, trimmed; quotes and angle brackets protect separators. */
const splitOutside = (value: string, separator: string): string[] => {
  const out: string[] = []
  let from = 0
  for (;;) {
    const at = findOutside(value, separator, from)
    out.push(trimmedSlice(value, from, at < 0 ? value.length : at))
    if (at < 0) return out
    from = at + 1
  }
}

/** Splits a comma-separated header value. */
export const splitList = (value: string): string[] => splitOutside(value, ',')

const nameOf = (piece: string): string => {
  const equals = piece.indexOf('=')
  return (equals < 0 ? piece : piece.slice(0, equals)).trimEnd().toLowerCase()
}

const pieceValue = (piece: string): string => {
  const equals = piece.indexOf('=')
  if (equals < 0) return ''
  const value = piece.slice(equals + 1).trimStart()
  if (!value.startsWith('"')) return value
  return value.slice(1, value.endsWith('"') && value.length > 1 ? -1 : undefined)
}

/**
 * A parameter of `;name=value;flag` text: its value, `''` for a bare flag, undefined if absent.
 * Names compare without case; quotes around the value are removed.
 */
export const param = (params: string, name: string): string | undefined => {
  if (params === '') return undefined
  const piece = splitOutside(params, ';').find((each) => nameOf(each) === name)
  return piece === undefined ? undefined : pieceValue(piece)
}

/** The same text without the parameter. */
export const withoutParam = (params: string, name: string): string =>
  splitOutside(params, ';')
    .filter((piece) => piece !== '' && nameOf(piece) !== name)
    .map((piece) => `;${piece}`)
    .join('')
