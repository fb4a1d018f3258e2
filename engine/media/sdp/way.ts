import type { Agreement, Protection, RtcpTerms } from '../agreement.ts'
import type { OpenedLeg } from '../messages.ts'
import type { MediaLine, OwnTransport } from './description.ts'

/** What a line says of how packets go and what protects them: plain RTP and SRTP, or WebRTC. */

/** Why a line is not taken, for people. */
export interface Refused {
  readonly kind: 'refused'
  readonly because: string
}

export const refused = (because: string): Refused => ({ kind: 'refused', because })

/** A line of the peer that can be taken. */
export interface Usable {
  readonly kind: 'usable'
  readonly remote: Agreement['remote']
  readonly rtcp?: RtcpTerms
  /** Its address wants no packets (RFC 3264 section 8.4). */
  readonly onHold: boolean
  /** Its ICE begins anew: we answer with credentials that have not been used. */
  readonly restartsIce: boolean
  /** From now on so. Before, nothing has changed. */
  take(): Protection
  /** Our line in answer to it, once taken. */
  answer(end: OpenedLeg): OwnTransport
}

export interface Way {
  /** Looks at a line of an offer, or of an answer to our last one; changes nothing. */
  judge(line: MediaLine, as: 'offer' | 'answer'): Usable | Refused
  /** Our line in an offer. Throws a Failure when none can be made. */
  offer(end: OpenedLeg): OwnTransport
}

const isSecured = ({ protocol }: MediaLine): boolean => /^RTP\/SAVPF?$/i.test(protocol)

/**
 * The line is for ICE and DTLS: by its protocol, or, as some still write it (RFC 8829 section 5.1.2), by having
 * a fingerprint and no keys.
 */
export const speaksWebRtc = (line: MediaLine): boolean =>
  /\/TLS\//i.test(line.protocol) ||
  (isSecured(line) && line.fingerprints.length > 0 && line.cryptos.length === 0)
