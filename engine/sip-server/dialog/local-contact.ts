import type { Context } from '../context.ts'
import type { Protocol } from '../transport/peer.ts'

/** Our Contact towards a peer, when the application gives none. */
export const localContact = (context: Context, protocol: Protocol, peerHost: string): string => {
  const transport = protocol === 'udp' ? '' : `;transport=${protocol}`
  return `<sip:${context.transports.contactAddress(peerHost)}${transport}>`
}
