import { symbol } from './lanes.ts'
import type { PortNames } from './ports.ts'

/** Replaces ports, tags, branches and other free values in a piece of SIP text by symbols. */
export function normaliseText(text: string, portNames: PortNames): string {
  return text
    .replace(/(\d+(?:\.\d+){3}):(\d+)/g, (whole, host: string, port: string) => {
      const name = portNames(Number(port))
      if (name === undefined) return whole
      return host === '127.0.0.1' ? name : `${host}:${name}`
    })
    .replace(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, (uuid) => symbol('id', uuid))
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
  if (/^[\s"\\rn]*$/.test(text)) return '[line ends]'
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
  const { headers } = splitMessage(text)
  const dialog = headers.filter((line) => /^(call-id|from)\s*:/i.test(line)).join(' ')
  const lines = headers
    .filter((line) => line.includes(':'))
    .flatMap((line) => {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).trim()
      const value = line.slice(colon + 1).trim()
      return values(name, value).map(
        (one) => `${name}: ${headerValue(name, one, { portNames, dialog })}`,
      )
    })
  const key = (line: string): string => line.slice(0, line.indexOf(':'))
  return lines.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0))
}

function values(name: string, value: string): string[] {
  if (!multiValued.has(name.toLowerCase())) return [value]
  return value.split(/,\s*(?=(?:[^"]*"[^"]*")*[^"]*$)/)
}

interface Around {
  readonly portNames: PortNames
  /** CSeq numbers mean something only within one call, as counted by one side. */
  readonly dialog: string
}

function headerValue(name: string, value: string, { portNames, dialog }: Around): string {
  const spaced = value.replace(/\s+/g, ' ').replace(/ ?([;,]) ?/g, '$1')
  const text = normaliseText(spaced, portNames)
  const bigCSeq = (number: string): string => symbol('cseq', `${dialog} ${number}`)
  switch (name.toLowerCase()) {
    case 'via':
      return sortParams(text)
    case 'call-id':
      return symbol('call', value)
    case 'cseq':
      return text.replace(bigNumber, bigCSeq)
    case 'rseq':
      return symbol('rseq', value)
    case 'rack':
      return text
        .replace(/ (\d{5,}) /, (_, number: string) => ` ${bigCSeq(number)} `)
        .replace(/^\d+/, (number) => symbol('rseq', number))
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
