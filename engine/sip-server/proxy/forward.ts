import type { Context } from '../context.ts'
import { viaValue } from '../dialog/launch.ts'
import { uriOf } from '../dialog/routing.ts'
import type { SipMessage } from '../message/message.ts'
import { printedName } from '../message/names.ts'
import type { Draft, Field } from '../message/print.ts'
import { decimal } from '../message/text.ts'
import { parseUri } from '../message/uri.ts'
import { addressOf, type Peer, type Protocol, type Target } from '../transport/peer.ts'
import { portOfUri, transportParam } from '../transport/protocols.ts'

/** True if the URI names this server. */
export const namesUs = (context: Context, uri: string | undefined): boolean => {
  const parsed = uri === undefined ? undefined : parseUri(uri)
  return parsed !== undefined && context.transports.isOwn(parsed.host, portOfUri(parsed))
}

export interface ForwardParts {
  /** destination URI; becomes the Request-URI if the request named the server itself */
  readonly destination: string
  readonly target: Target
  readonly branch: string
  readonly stayInPath: boolean
  readonly extra: readonly Field[]
  /** who sent the request; needed to stay in the path */
  readonly from?: Peer
}

const hopsLeft = (request: SipMessage): number =>
  (decimal(request.header('max-forwards') ?? '70', 3) ?? 70) - 1

const routeUri = (context: Context, protocol: Protocol, host: string): string =>
  `<sip:${context.transports.contactAddress(host, protocol)}${transportParam(protocol)};lr>`

/**
 * Record-Route, or for a REGISTER Path (RFC 3327), that keeps later requests coming through us. Where
 * the transport changes each side gets one that it can use (RFC 5658 section 4).
 */
const pathFields = (context: Context, request: SipMessage, parts: ForwardParts): Field[] => {
  const { target, from } = parts
  const uri = routeUri(context, target.protocol, addressOf(target))
  if (request.method !== 'REGISTER') {
    const isOther = from !== undefined && from.protocol !== target.protocol
    const back = isOther ? [routeUri(context, from.protocol, from.address)] : []
    return [uri, ...back].map((each) => ['Record-Route', each])
  }
  return [
    ['Path', uri],
    ['Require', 'path'],
  ]
}

/** A received request as it is passed on (RFC 3261 section 16.6). */
export const forwardDraft = (context: Context, request: SipMessage, parts: ForwardParts): Draft => {
  const { destination, target, branch, stayInPath, extra } = parts
  const uri = namesUs(context, request.uri) ? destination : request.uri
  const fields: Field[] = [['Via', viaValue(context, target, branch)]]
  for (const via of request.headers('via')) fields.push(['Via', via])
  if (stayInPath) fields.push(...pathFields(context, request, parts))
  const routes = request.list('route')
  while (namesUs(context, uriOf(routes[0]))) routes.shift()
  for (const route of routes) fields.push(['Route', route])
  fields.push(['Max-Forwards', `${hopsLeft(request)}`])
  request.keys.forEach((key, index) => {
    if (['via', 'route', 'max-forwards', 'content-length'].includes(key)) return
    fields.push([printedName(request.nameAt(index)), request.valueAt(index)])
  })
  fields.push(...extra)
  return { start: `${request.method} ${uri} SIP/2.0`, fields, body: request.body }
}

/** A response without our Via, ready to go upstream; its other bytes are untouched. */
export const withoutOurVia = (response: SipMessage): string => {
  const value = response.header('via') ?? ''
  const end = response.via?.end ?? value.length
  if (end < value.length) {
    return response.withFirst('via', value.slice(end + 1).trimStart()).text
  }
  return response.withoutFirst('via')
}
