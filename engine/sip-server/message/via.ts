import { findOutside, param, withoutParam } from './params.ts'
import { parseHostPort } from './uri.ts'

/** The top value of a Via header (RFC 3261 section 20.42). */
export interface Via {
  /** upper case: UDP, TCP, TLS, WS, WSS, or whatever was written */
  readonly transport: string
  readonly host: string
  readonly port: number | undefined
  readonly params: string
  readonly branch: string | undefined
  /** where this value ends in the header value: at a comma or at the end */
  readonly end: number
}

const protocol = /^SIP[ \t]*\/[ \t]*\d{1,3}\.\d{1,3}[ \t]*\/[ \t]*([A-Za-z0-9.-]{1,16})[ \t]+/i

export const parseVia = (value: string): Via | undefined => {
  const comma = findOutside(value, ',')
  const end = comma < 0 ? value.length : comma
  const head = protocol.exec(value)
  if (head === null || head[0].length > end) return undefined
  const semicolon = findOutside(value, ';', head[0].length)
  const hostEnd = semicolon < 0 || semicolon > end ? end : semicolon
  const sentBy = parseHostPort(value.slice(head[0].length, hostEnd))
  if (sentBy === undefined) return undefined
  const params = value.slice(hostEnd, end).trim()
  return {
    transport: head[1]!.toUpperCase(),
    host: sentBy.host,
    port: sentBy.port,
    params,
    branch: param(params, 'branch'),
    end,
  }
}

/**
 * The header value with the packet's source noted in its top Via (RFC 3261 18.2.1, RFC 3581):
 * `rport` always, `received` if the address differs from the sent-by host.
 */
export const withSource = (value: string, via: Via, address: string, port: number): string => {
  const head = value.slice(0, value.length - (value.length - via.end)).trimEnd()
  const semicolon = findOutside(head, ';')
  const sentBy = semicolon < 0 ? head : head.slice(0, semicolon).trimEnd()
  const params = withoutParam(withoutParam(via.params, 'rport'), 'received')
  const host = via.host.startsWith('[') ? via.host.slice(1, -1) : via.host
  const received = host === address ? '' : `;received=${address}`
  return `${sentBy}${params};rport=${port}${received}${value.slice(via.end)}`
}
