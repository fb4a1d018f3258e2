import { parseAddress } from './address.ts'
import type { SipMessage } from './message.ts'
import { isPlain } from './params.ts'
import { decimal } from './text.ts'
import { parseUri } from './uri.ts'

export interface Refusal {
  readonly status: number
  readonly reason: string
}

const required = ['from', 'to', 'call-id', 'cseq'] as const

/** Fields of which a message may hold one line and one value (RFC 3261 section 7.3.1). */
const single = ['from', 'to', 'call-id', 'cseq', 'max-forwards', 'content-length', 'subject']

const bad = (reason: string): Refusal => ({ status: 400, reason })

const badStart = (request: SipMessage): Refusal | undefined => {
  if (request.start.version.toUpperCase() !== 'SIP/2.0') {
    return { status: 505, reason: 'Version Not Supported' }
  }
  const { uri } = request
  if (/[\s<>]/.test(uri) || uri === '') return bad('Bad Request-URI')
  if (/^sips?:/i.test(uri)) return parseUri(uri) === undefined ? bad('Bad Request-URI') : undefined
  return /^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri) ? undefined : bad('Bad Request-URI')
}

const badFields = (request: SipMessage): Refusal | undefined => {
  for (const key of required) if (request.count(key) === 0) return bad('Bad Request')
  for (const key of single) if (request.count(key) > 1) return bad('Bad Request')
  if (request.callId === '') return bad('Bad Call-ID Header')
  if (request.cseq === undefined) return bad('Bad CSeq Header')
  if (request.cseq.method !== request.method) return bad('Bad Request')
  if (parseAddress(request.header('from')!) === undefined) return bad('Bad From Header')
  if (parseAddress(request.header('to')!) === undefined) return bad('Bad To Header')
  const hops = request.header('max-forwards')
  if (hops !== undefined && (decimal(hops) ?? 256) > 255) return bad('Bad Max-Forwards Header')
  return undefined
}

/** A list with nothing between two separators (RFC 4475 section 3.1.2.1). */
const hasGap = (list: readonly string[]): boolean =>
  list.some(
    (value) => value === '' || /[;=]\s*[;,]|;\s*$/.test(value.replace(/"[^"]*"|<[^<>]*>/g, 'x')),
  )

const badVia = (request: SipMessage): Refusal | undefined => {
  const all = request.list('via')
  return hasGap(all) || !all.every(isPlain) ? bad('Bad Via Header') : undefined
}

const badContact = (request: SipMessage): Refusal | undefined => {
  if (request.count('contact') === 0) return undefined
  const contacts = request.list('contact')
  if (hasGap(contacts)) return bad('Bad Contact Header')
  if (contacts.length > 1 && contacts.includes('*')) return bad('Bad Contact Header')
  for (const contact of contacts) {
    if (contact === '*') {
      if (request.method === 'REGISTER' && request.header('expires') !== '0') {
        return bad('Bad Request')
      }
    } else if (parseAddress(contact) === undefined) return bad('Bad Contact Header')
  }
  return undefined
}

/**
 * What an incoming request is refused with, or undefined if it may be acted on. Checks only
 * what must hold for any use of the request; the rest is the application's business.
 */
export const refusalOf = (request: SipMessage): Refusal | undefined =>
  badStart(request) ??
  (request.defect === undefined ? undefined : bad(request.defect)) ??
  badFields(request) ??
  badVia(request) ??
  badContact(request)
