import type { Context } from '../context.ts'
import type { Protocol } from '../transport/peer.ts'
import { transportParam } from '../transport/protocols.ts'

/**
 * Our Contact towards a peer, when the application gives none. What was asked for by `sips:` is
 * answered by `sips:` (RFC 3261 sections 8.1.1.8 and 12.1.1).
 */
export const localContact = (
  context: Context,
  peer: { readonly protocol: Protocol; readonly host: string },
  requestUri: string,
): string => {
  const { protocol, host } = peer
  const place = context.transports.contactAddress(host, protocol)
  if (!/^sips:/i.test(requestUri)) return `<sip:${place}${transportParam(protocol)}>`
  return `<sips:${place}${protocol === 'tls' ? '' : transportParam(protocol)}>`
}
