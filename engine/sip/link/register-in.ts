import type { RequestIn, ResponseOut } from './link.ts'
import { type HeaderSource, headerOf } from './raw-headers.ts'

/** A request as the library parses it. */
export interface ParsedRequest extends HeaderSource {
  readonly method?: string
  readonly uri?: string
  readonly body?: string
  readonly headers: Readonly<Record<string, string>>
}

/** Writes a response to the server; `done` gets an error text when it did not go out. */
export type SendResponse = (text: string, done?: (error?: string) => void) => void

/**
 * A REGISTER straight out of its frame, without what the library builds around a request for the sake of
 * dialogs and printing: that costs more than all the rest of a registration. Undefined for what is not
 * one; fields by position: protocol section 3.
 */
export function registerIn(
  frame: string,
  message: ParsedRequest,
  send: SendResponse,
): RequestIn | undefined {
  if (message.method !== 'REGISTER') return undefined
  const fields = frame.slice(0, frame.indexOf('\r')).split('|')
  const [, kind, source, , protocol, address = '', port, , transactionId = '', dialogId] = fields
  const isPlain = kind === 'sip' && source === 'network' && dialogId === ''
  if (!isPlain || transactionId === '') return undefined
  let isAnswered = false
  return {
    method: 'REGISTER',
    uri: message.uri ?? '',
    dialogId: undefined,
    source: 'network',
    protocol: protocol || 'udp',
    address,
    port: port ? Number.parseInt(port, 10) : 5060,
    body: message.body ?? '',
    header: (name) => headerOf(message, name),
    allHeaders: () => Object.entries(message.headers),
    respond(status, options = {}, done) {
      if (isAnswered) {
        done?.('final response already sent')
        return
      }
      isAnswered = status >= 200
      send(`sip|${transactionId}|\r\n${responseTo(message, status, options)}`, done)
    },
    // only an INVITE can be cancelled
    onCancel: () => {},
  }
}

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  423: 'Interval Too Brief',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/** What every response repeats. */
const repeated = ['call-id', 'cseq', 'from', 'to'] as const

function responseTo(message: ParsedRequest, status: number, options: ResponseOut): string {
  const { reason = reasons[status] ?? 'Other', headers = {}, body = '' } = options
  let text = `SIP/2.0 ${status} ${reason}\r\n`
  for (const name of repeated) {
    const value = headerOf(message, name)
    if (value !== undefined) text += `${name}: ${value}\r\n`
  }
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`
  return `${text}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}
