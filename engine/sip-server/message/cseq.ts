import { decimal, isToken } from './text.ts'

/** RFC 3261 section 20.16; the number is below 2**32. */
export interface CSeq {
  readonly number: number
  readonly method: string
}

export const parseCSeq = (value: string): CSeq | undefined => {
  const blank = value.search(/[ \t]/)
  if (blank < 0) return undefined
  // leading zeros are legal (RFC 4475 3.1.1.1 uses 0009), so up to 16 digits are read
  const number = decimal(value.slice(0, blank), 16)
  const method = value.slice(blank).trim()
  if (number === undefined || number > 0xffff_ffff || !isToken(method)) return undefined
  return { number, method }
}
