import { messageLimits } from './limits.ts'
import { type Lines, SipMessage, type StartLine } from './message.ts'
import { keyOf } from './names.ts'
import { decimal, fromWire, indexWithin, isBlank, isToken, trimmedSlice } from './text.ts'

const statusLine = (line: string): StartLine | undefined => {
  const first = line.indexOf(' ')
  const version = line.slice(0, first)
  const status = decimal(line.slice(first + 1, first + 4), 3)
  const after = line.charCodeAt(first + 4)
  if (status === undefined || status < 100 || !(after === 32 || Number.isNaN(after))) {
    return undefined
  }
  return { method: '', uri: '', status, reason: line.slice(first + 5), version }
}

/** RFC 3261 section 7.1; a Request-URI with blanks inside is kept for the caller to refuse. */
const requestLine = (written: string): StartLine | undefined => {
  const line = written.trimEnd()
  const first = line.indexOf(' ')
  const last = line.lastIndexOf(' ')
  if (first <= 0 || last <= first) return undefined
  const method = line.slice(0, first)
  const version = line.slice(last + 1)
  if (!isToken(method) || !/^SIP\/\d{1,4}\.\d{1,4}$/i.test(version)) return undefined
  return { method, uri: line.slice(first + 1, last), status: 0, reason: '', version }
}

export const parseStartLine = (line: string): StartLine | undefined =>
  /^SIP\/\d/i.test(line) ? statusLine(line) : requestLine(line)

interface Scan {
  readonly lines: Lines
  /** some line ends with LF alone */
  bareLf: boolean
  bodyAt: number
  defect: string | undefined
}

/** End of the logical line that starts at `from`: folded continuation lines belong to it. */
const lineEnd = (text: string, from: number): number => {
  let eol = text.indexOf('\n', from)
  while (eol >= 0 && eol + 1 < text.length && isBlank(text.charCodeAt(eol + 1))) {
    eol = text.indexOf('\n', eol + 1)
  }
  return eol < 0 ? text.length : eol
}

const noteLine = (scan: Scan, text: string, at: number, end: number): void => {
  const colon = indexWithin(text, 58, at, end)
  const name = colon < 0 ? '' : trimmedSlice(text, at, colon)
  if (!isToken(name)) {
    scan.defect ??= 'Bad Request'
    return
  }
  if (scan.lines.keys.length >= messageLimits.headerLines) {
    scan.defect = 'Too Many Header Lines'
    return
  }
  scan.lines.keys.push(keyOf(name))
  scan.lines.nameAt.push(at)
  scan.lines.valueAt.push(colon + 1)
  scan.lines.endAt.push(text.charCodeAt(end - 1) === 13 ? end - 1 : end)
}

const scanHeaders = (text: string, from: number): Scan => {
  const scan: Scan = {
    lines: { keys: [], nameAt: [], valueAt: [], endAt: [] },
    bareLf: false,
    bodyAt: text.length,
    defect: undefined,
  }
  let at = from
  while (at < text.length) {
    const c = text.charCodeAt(at)
    if (c === 10 || (c === 13 && text.charCodeAt(at + 1) === 10)) {
      scan.bodyAt = at + (c === 10 ? 1 : 2)
      if (c === 10) scan.bareLf = true
      return scan
    }
    const end = lineEnd(text, at)
    if (text.charCodeAt(end - 1) !== 13) scan.bareLf = true
    noteLine(scan, text, at, end)
    at = end + 1
  }
  // the headers never end: whoever reads this text next would look for the empty line
  scan.defect ??= 'Bad Request'
  return scan
}

/** Cuts the body to Content-Length; more announced than there is leaves a defect. */
const bounded = (text: string, start: StartLine, scan: Scan): SipMessage => {
  const message = new SipMessage(text, start, scan.lines, scan.bodyAt, scan.defect)
  const written = message.header('content-length')
  if (written === undefined) return message
  const length = decimal(written)
  const there = text.length - scan.bodyAt
  if (length === there) return message
  if (length === undefined || length > there) {
    const defect = scan.defect ?? 'Bad Request'
    return new SipMessage(text, start, scan.lines, scan.bodyAt, defect)
  }
  const cut = text.slice(0, scan.bodyAt + length)
  return new SipMessage(cut, start, scan.lines, scan.bodyAt, scan.defect)
}

/** As `parseMessage`, but the body is all that follows the headers whatever Content-Length says. */
export const parseWithRestAsBody = (text: string): SipMessage | undefined => {
  const eol = text.indexOf('\n')
  const end = eol < 0 ? text.length : eol
  const start = parseStartLine(text.slice(0, text.charCodeAt(end - 1) === 13 ? end - 1 : end))
  if (start === undefined) return undefined
  const scan = scanHeaders(text, end + 1)
  return new SipMessage(text, start, scan.lines, scan.bodyAt, scan.defect)
}

/** Line ends made whole: whoever the text is shown to may know only CRLF. */
const withCrLf = (text: string, bodyAt: number): SipMessage | undefined => {
  const head = text.slice(0, bodyAt).replace(/\r?\n/g, '\r\n')
  const start = parseStartLine(head.slice(0, head.indexOf('\r\n')))
  if (start === undefined) return undefined
  const whole = head + text.slice(bodyAt)
  if (whole.length > messageLimits.messageBytes) return undefined
  return bounded(whole, start, scanHeaders(whole, head.indexOf('\n') + 1))
}

/**
 * Reads a whole message (a datagram, or one framed from a stream). CRLF and bare LF both end a
 * line. Undefined if the first line is neither a request nor a status line or if it is too
 * long; other faults are left in `defect` so that a request can still be answered.
 */
export const parseMessage = (input: Buffer | string): SipMessage | undefined => {
  if (input.length > messageLimits.messageBytes) return undefined
  const text = typeof input === 'string' ? input : fromWire(input)
  let at = 0
  while (text.charCodeAt(at) === 13 || text.charCodeAt(at) === 10) at++
  const eol = text.indexOf('\n', at)
  if (eol < 0) return undefined
  const start = parseStartLine(text.slice(at, text.charCodeAt(eol - 1) === 13 ? eol - 1 : eol))
  if (start === undefined) return undefined
  const whole = at === 0 ? text : text.slice(at)
  const scan = scanHeaders(whole, eol + 1 - at)
  return scan.bareLf ? withCrLf(whole, scan.bodyAt) : bounded(whole, start, scan)
}
