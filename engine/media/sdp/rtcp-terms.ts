import type { RtcpTerms } from '../agreement.ts'
import { judgeMediaAddress } from './address.ts'
import type { MediaLine } from './description.ts'

/** Extended reports that we send and take where they are offered (RFC 3611 section 5.1). */
const knownXr = ['rcvr-rtt', 'voip-metrics'] as const

/** Those of the line that we know. */
export const wantedXr = ({ rtcpXr }: MediaLine): string[] =>
  knownXr.filter((name) => rtcpXr.includes(name))

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
  const xr = wantedXr(line)
  return {
    mux,
    remote: line.withoutRtcp ? null : remoteOf(line, address, mux),
    xr: { roundTrip: xr.includes('rcvr-rtt'), voip: xr.includes('voip-metrics') },
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
