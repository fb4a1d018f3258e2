import { symbol } from './lanes.ts'
import type { PortNames } from './ports.ts'

/** Replaces ports, tags, branches and other free values in a piece of SIP text by symbols. */
export function normaliseText(text: string, portNames: PortNames): string {
  return text
    .replace(/127\.0\.0\.1:(\d+)/g, (whole, port: string) => portNames(Number(port)) ?? whole)
    .replace(/rport=(\d+)/g, (_, port: string) => `rport=${portNames(Number(port)) ?? 'port'}`)
    .replace(/(tag=)([^;\s>|,]+)/g, (_, name: string, tag: string) => name + symbol('tag', tag))
    .replace(/(branch=)([^;\s,]+)/g, (_, name: string, id: string) => name + symbol('branch', id))
}

interface Head {
  readonly start: string
  readonly headers: readonly string[]
  readonly body: string
}

export function splitMessage(text: string): Head {
  const cut = text.search(/\r?\n\r?\n/)
  const head = cut < 0 ? text : text.slice(0, cut)
  const body = cut < 0 ? '' : text.slice(cut).replace(/^\r?\n\r?\n/, '')
  const [start = '', ...headers] = head.split(/\r?\n(?![ \t])/)
  return { start, headers, body }
}

const bigNumber = /\b\d{5,}\b/

/** `INVITE sip:bob@srv SIP/2.0` or `SIP/2.0 200 OK (INVITE)`, plus the size of the body. */
export function startLine(text: string, portNames: PortNames): string {
  const { start, headers, body } = splitMessage(text)
  const line = normaliseText(start, portNames)
  const cseq = headers.find((header) => /^cseq\s*:/i.test(header)) ?? ''
  const method = cseq.trim().split(/\s+/).at(-1) ?? ''
  const kind = line.startsWith('SIP/2.0') && cseq ? `${line} (${method})` : line
  return kind + bodyNote(body)
}

function bodyNote(body: string): string {
  const shown = /^\[SDP, (\d+) bytes\]/.exec(body)
  if (shown) return ` [sdp ${shown[1]}]`
  if (body.startsWith('v=0')) return ` [sdp ${Buffer.byteLength(body.replace(/\s+$/, '')) + 2}]`
  const trimmed = body.trim()
  return trimmed ? ` [body ${Buffer.byteLength(trimmed)}]` : ''
}

const multiValued = new Set(['via', 'route', 'record-route', 'contact', 'path'])

/** One line per header value, sorted by name; values of one header keep their order. */
export function normaliseHeaders(text: string, portNames: PortNames): string[] {
  const lines = splitMessage(text).headers.flatMap((line) => {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).trim()
    const value = line.slice(colon + 1).trim()
    return values(name, value).map((one) => `${name}: ${headerValue(name, one, portNames)}`)
  })
  const key = (line: string): string => line.slice(0, line.indexOf(':'))
  return lines.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}

function values(name: string, value: string): string[] {
  if (!multiValued.has(name.toLowerCase())) return [value]
  return value.split(/,\s*(?=(?:[^"]*"[^"]*")*[^"]*$)/)
}

function headerValue(name: string, value: string, portNames: PortNames): string {
  const text = normaliseText(value.replace(/\s+/g, ' '), portNames)
  switch (name.toLowerCase()) {
    case 'via':
      return sortParams(text)
    case 'call-id':
      return symbol('call', value)
    case 'cseq':
      return text.replace(bigNumber, (number) => symbol('cseq', number))
    case 'rseq':
      return symbol('rseq', value)
    case 'rack':
      return text.replace(/^\d+/, (number) => symbol('rseq', number))
    case 'authorization':
    case 'proxy-authorization':
      return text.replace(/\b(nonce|cnonce|response)="?[^",]*"?/g, '$1=...')
    default:
      return text
  }
}

function sortParams(via: string): string {
  const [sentBy = '', ...params] = via.split(';')
  return [sentBy, ...params.sort()].join(';')
}
