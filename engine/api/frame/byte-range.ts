/** Both inclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads a Range header for a file of `bytes` bytes (RFC 9110 section 14.1.2). Undefined = send it whole:
 * there is no header, its unit or form is not known, or it asks for several ranges, which a server may
 * ignore.
 */
export function readRange(
  header: string | undefined,
  bytes: number,
): ByteRange | 'unsatisfiable' | undefined {
  const parts = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? '')
  if (!parts) return undefined
  const [, first, last] = parts as unknown as [string, string, string]
  if (first === '') return last === '' ? undefined : suffix(Number(last), bytes)
  const start = Number(first)
  const end = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1)
  if (last !== '' && Number(last) < start) return undefined
  return start >= bytes ? 'unsatisfiable' : { start, end }
}

function suffix(length: number, bytes: number): ByteRange | 'unsatisfiable' {
  if (length === 0 || bytes === 0) return 'unsatisfiable'
  return { start: Math.max(0, bytes - length), end: bytes - 1 }
}
