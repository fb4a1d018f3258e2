import { Failure } from './failures.ts'

/** Headers that applications may set and are told: `X-` ones, and User-to-User (RFC 7433). */
const extraName = /^(?:x-[\w.!%*+`'~-]{1,62}|user-to-user)$/i
/** Printable, and tabs: nothing that could end a line. */
const oneLine = /^[^\p{Cc}]*$/u

const maxHeaders = 32
/** Of all names and values together. */
const maxBytes = 4096

export type SipHeaders = Readonly<Record<string, string>>

export const isExtraHeader = (name: string): boolean => extraName.test(name)

/** Those of the headers that an application is told, as many as fit; what does not fit is left out. */
export function extraHeadersOf(all: Iterable<readonly [string, string]>): SipHeaders {
  const told: Record<string, string> = Object.create(null)
  let count = 0
  let bytes = 0
  for (const [name, value] of all) {
    if (!isExtraHeader(name)) continue
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value)
    count++
    if (bytes > maxBytes || count > maxHeaders) break
    told[name] = value
  }
  return { ...told }
}

/** Failure `invalid_request`: another name, a value that is no single line, too many or too long. */
export function checkExtraHeaders(headers: SipHeaders, field: string): void {
  const all = Object.entries(headers)
  if (all.length > maxHeaders) {
    throw new Failure('invalid_request', `${field}: more than ${maxHeaders} headers`, field)
  }
  for (const [name, value] of all) {
    if (!isExtraHeader(name)) {
      const text = `${field}: ${JSON.stringify(name.slice(0, 64))} is neither X-... nor User-to-User`
      throw new Failure('invalid_request', text, field)
    }
    if (!oneLine.test(value)) {
      throw new Failure(
        'invalid_request',
        `${field}: the value of ${name} is no single line`,
        field,
      )
    }
  }
  const bytes = all.flat().reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (bytes > maxBytes) {
    throw new Failure('invalid_request', `${field}: longer than ${maxBytes} bytes in all`, field)
  }
}
