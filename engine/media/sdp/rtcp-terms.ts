import type { RtcpTerms } from '../agreement.ts'
import { judgeMediaAddress } from './address.ts'
import type { MediaLine } from './description.ts'

/** Extended reports that we send and take where they are offered (RFC 3611 section 5.1), as an answer names them. */
const knownXr = { 'rcvr-rtt': 'rcvr-rtt=all', 'voip-metrics': 'voip-metrics' } as const

/** Those of the line that we know, for our answer. */
export const wantedXr = ({ rtcpXr }: MediaLine): string[] =>
  Object.entries(knownXr).flatMap(([name, text]) => (rtcpXr.includes(name) ? text : []))

/**
 * What a line of the peer says of RTCP. `address` is that of its RTP, undefined while it wants no packets. An address
 * for RTCP alone that we would not send to is passed over.
 */
export function rtcpTerms(
  line: MediaLine,
  address: string | undefined,
  mayMux: boolean,
): RtcpTerms {
  const mux = mayMux && line.rtcpMux
  return {
    mux,
    remote: line.withoutRtcp ? null : remoteOf(line, address, mux),
    xr: { roundTrip: line.rtcpXr.includes('rcvr-rtt'), voip: line.rtcpXr.includes('voip-metrics') },
  }
}

function remoteOf(
  { port, rtcp }: MediaLine,
  address: string | undefined,
  mux: boolean,
): RtcpTerms['remote'] {
  if (address === undefined) return null
  if (mux) return { address, port }
  if (!rtcp) return port < 65_535 ? { address, port: port + 1 } : null
  const own = judgeMediaAddress(rtcp.address)
  return { address: own.kind === 'usable' ? own.address : address, port: rtcp.port }
}
