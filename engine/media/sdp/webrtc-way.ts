import type { Fingerprint, WebRtcEnd, WebRtcPeer } from '../agreement.ts'
import type { OpenedLeg } from '../messages.ts'
import type { IceCredentials, MediaLine, OwnTransport } from './description.ts'
import { type Refused, refused, speaksWebRtc, type Usable, type Way } from './way.ts'

/** Bytes of the hashes that are good enough (RFC 8122 section 5). */
const hashBytes: Readonly<Record<string, number>> = { 'sha-256': 32, 'sha-384': 48, 'sha-512': 64 }
const OWN_MID = '0'
/** The media server writes no longer one into a packet. */
const LONGEST_MID = 8

function isStrong({ algorithm, value }: Fingerprint): boolean {
  const bytes = Object.hasOwn(hashBytes, algorithm) ? hashBytes[algorithm] : undefined
  return /^[0-9A-F]{2}(:[0-9A-F]{2})*$/.test(value) && (value.length + 1) / 3 === bytes
}

const textOf = (fingerprints: readonly Fingerprint[]): string =>
  fingerprints.map(({ algorithm, value }) => `${algorithm} ${value}`).join(', ')

const sends = ({ direction }: MediaLine): boolean =>
  direction === 'sendrecv' || direction === 'sendonly'

/** Of DTLS, by `setup`; an offer or an answer without it is what RFC 4145 section 4 says. */
function roleOf(
  { setup }: MediaLine,
  as: 'offer' | 'answer',
  before: WebRtcPeer | undefined,
): WebRtcPeer['role'] | undefined {
  const said = setup ?? (as === 'offer' ? 'active' : 'passive')
  if (said === 'active') return 'client'
  if (said === 'passive') return 'server'
  // The one that has been agreed on stays (RFC 8842 section 5.3); at first we are passive, as ICE-lite should.
  return said === 'actpass' && as === 'offer' ? (before?.role ?? 'client') : undefined
}

function endOf({ webrtc }: OpenedLeg): WebRtcEnd {
  if (!webrtc) throw new TypeError('a leg was not opened for a browser')
  return webrtc
}

/**
 * ICE, DTLS and BUNDLE as browsers do it (RFC 8829); our side is ICE-lite (RFC 8445 section 2.5), so the
 * candidates of the peer are of no interest. The way, once it stands, keeps certificate and role of the peer.
 */
export class WebRtcWay implements Way {
  #peer: WebRtcPeer | undefined
  #ice: IceCredentials | undefined
  /** As our lines name it. */
  #midExtension: number | undefined
  #protocol = 'UDP/TLS/RTP/SAVPF'

  offer(end: OpenedLeg): OwnTransport {
    return {
      ...{ kind: 'webrtc', protocol: this.#protocol, end: endOf(end), setup: 'actpass' },
      ...{ mid: this.#peer?.mid ?? OWN_MID, bundled: true, rtcpRsize: true },
      midExtension: this.#midExtension,
    }
  }

  judge(line: MediaLine, as: 'offer' | 'answer'): Usable | Refused {
    if (!speaksWebRtc(line)) return refused('it is not WebRTC, as the call began')
    const { ice } = line
    if (!ice) return refused('DTLS is only taken with ICE: it has no ice-ufrag and ice-pwd')
    if (line.iceLite) return refused('both sides are ICE-lite')
    if (!line.rtcpMux) return refused('WebRTC needs rtcp-mux')
    const peer = this.#peerOf(line, as)
    if ('because' in peer) return peer
    // Named only where nothing else tells whose packets they are: browsers to which it is named look for the
    // mid in our packets too, by a number that those may not have, and take none without.
    const isNeeded = sends(line) && peer.ssrc === undefined
    const midExtension = isNeeded ? peer.midExtension : this.#midExtension
    return {
      kind: 'usable',
      remote: null,
      onHold: false,
      restartsIce: as === 'offer' && this.#isNew(ice),
      take: () => {
        this.#peer = peer
        this.#ice = ice
        this.#midExtension = midExtension
        this.#protocol = line.protocol
        return { kind: 'webrtc', peer }
      },
      answer: (end) => ({
        ...{ kind: 'webrtc', protocol: line.protocol, end: endOf(end) },
        setup: peer.role === 'client' ? 'passive' : 'active',
        ...{ mid: line.mid, bundled: line.bundled },
        ...{ midExtension, rtcpRsize: line.rtcpRsize },
      }),
    }
  }

  #isNew({ usernameFragment, password }: IceCredentials): boolean {
    const before = this.#ice
    if (!before) return false
    return before.usernameFragment !== usernameFragment || before.password !== password
  }

  #peerOf(line: MediaLine, as: 'offer' | 'answer'): WebRtcPeer | Refused {
    const before = this.#peer
    const fingerprints = line.fingerprints.filter(isStrong)
    if (line.fingerprints.length === 0) return refused('it has no fingerprint of its certificate')
    if (fingerprints.length === 0) return refused('its fingerprint is none of SHA-256 or better')
    if (before && textOf(before.fingerprints) !== textOf(fingerprints)) {
      return refused('its certificate is another one than before: that takes a new call')
    }
    const role = roleOf(line, as, before)
    if (!role) return refused(`setup:${line.setup} is of no use here`)
    if (before && before.role !== role)
      return refused('its role in DTLS is another one than before')
    const mid = line.mid ?? before?.mid ?? OWN_MID
    const ssrc = line.ssrc ?? (sends(line) ? undefined : before?.ssrc)
    const usable = mid.length > LONGEST_MID ? undefined : line.midExtension
    const midExtension = ssrc === undefined ? usable : before?.midExtension
    if (sends(line) && ssrc === undefined && midExtension === undefined) {
      return refused(
        'nothing tells its packets: neither an ssrc nor the header extension of the mid',
      )
    }
    const { audioLevelExtension } = line
    return { fingerprints, role, ssrc, mid, midExtension, audioLevelExtension }
  }
}
