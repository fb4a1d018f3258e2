import { param } from './params.ts'
import { decimal } from './text.ts'

/** RFC 3261 section 19.1. `host` keeps the brackets of an IPv6 reference. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips'
  readonly user: string | undefined
  readonly host: string
  readonly port: number | undefined
  /** `;a=b;c` as written, empty if none */
  readonly params: string
  /** `?a=b` as written, empty if none */
  readonly headers: string
}

const schemeOf = (text: string): 'sip' | 'sips' | undefined => {
  const head = text.slice(0, 5).toLowerCase()
  if (head.startsWith('sip:')) return 'sip'
  return head === 'sips:' ? 'sips' : undefined
}

export interface HostPort {
  readonly host: string
  readonly port: number | undefined
}

const goodHost = (host: string): boolean => {
  if (host.length === 0 || host.length > 255) return false
  if (host.startsWith('[')) return host.endsWith(']') && /^\[[0-9a-fA-F:.]+\]$/.test(host)
  return /^[A-Za-z0-9._-]+$/.test(host)
}

/** `host`, `host:port`, `[v6]:port`; blanks around the colon are allowed (RFC 4475 3.1.1.1). */
export const parseHostPort = (text: string): HostPort | undefined => {
  const trimmed = text.trim()
  const close = trimmed.startsWith('[') ? trimmed.indexOf(']') : -1
  const colon = trimmed.indexOf(':', close + 1)
  const host = (colon < 0 ? trimmed : trimmed.slice(0, colon)).trim()
  if (!goodHost(host)) return undefined
  if (colon < 0) return { host, port: undefined }
  const port = decimal(trimmed.slice(colon + 1).trim(), 5)
  if (port === undefined || port > 65_535) return undefined
  return { host, port }
}

/** A SIP or SIPS URI, or undefined for another scheme or unusable text. */
export const parseUri = (text: string): SipUri | undefined => {
  const scheme = schemeOf(text)
  if (scheme === undefined || /[\s<>"]/.test(text)) return undefined
  const start = scheme.length + 1
  // the user part may hold ; and ?, so the at sign is looked for first
  const at = text.indexOf('@', start)
  const hostStart = at < 0 ? start : at + 1
  let end = text.length
  const question = text.indexOf('?', hostStart)
  const headers = question < 0 ? '' : text.slice(question)
  if (question >= 0) end = question
  const semicolon = text.indexOf(';', hostStart)
  const params = semicolon < 0 || semicolon > end ? '' : text.slice(semicolon, end)
  if (params !== '') end = semicolon
  const where = parseHostPort(text.slice(hostStart, end))
  if (where === undefined) return undefined
  const user = at < 0 ? undefined : text.slice(start, at)
  if (user === '') return undefined
  return { scheme, user, host: where.host, port: where.port, params, headers }
}

/** `host` without the brackets of an IPv6 reference: what a socket wants. */
export const bareHost = (host: string): string => (host.startsWith('[') ? host.slice(1, -1) : host)

/** An address as it stands in a URI or Via: IPv6 in brackets. */
export const uriHost = (address: string): string =>
  address.includes(':') && !address.startsWith('[') ? `[${address}]` : address

/** The transport parameter in lower case, if any. */
export const uriTransport = (uri: SipUri): string | undefined =>
  param(uri.params, 'transport')?.toLowerCase()
