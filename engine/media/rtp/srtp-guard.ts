import { Failure } from '../../core/failures.ts'
import type { Protection, SrtpKey } from '../agreement.ts'
import { SRTCP_GROWTH_BYTES, SrtcpSession } from './srtcp.ts'
import { SRTP_GROWTH_BYTES, SrtpSession } from './srtp.ts'

const MOST_PACKET_BYTES = 1500
const MOST_RTCP_BYTES = 512
/** What a peer may still send under its old key: a second of audio. */
const LATE_PACKETS = 50

const isOf = (session: SrtpSession | undefined, key: SrtpKey): session is SrtpSession =>
  session?.key.suite === key.suite && session.key.keyBase64 === key.keyBase64

function open(key: SrtpKey): SrtpSession {
  try {
    return new SrtpSession(key)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Failure('invalid_request', `SRTP is not possible: ${why}`, undefined, { cause })
  }
}

/**
 * SRTP of one leg in both directions, if SDP agreed on it. A key that stays keeps its rollover counters, whatever
 * else SDP changes; without them a call of more than 22 minutes would be silent after a hold.
 */
export class SrtpGuard {
  /** What `protect` made; until it is called again. */
  readonly packet = Buffer.alloc(MOST_PACKET_BYTES + SRTP_GROWTH_BYTES)
  /** The same of RTCP. */
  readonly rtcpPacket = Buffer.alloc(MOST_RTCP_BYTES + SRTCP_GROWTH_BYTES)
  #ours: SrtpSession | undefined
  #theirs: SrtpSession | undefined
  #oursOfRtcp: SrtcpSession | undefined
  #theirsOfRtcp: SrtcpSession | undefined
  /** The peer's key until now; what it sent before it heard of the new one still comes. */
  #before: SrtpSession | undefined
  #lateLeft = 0

  get on(): boolean {
    return this.#ours !== undefined
  }

  /** @throws Failure `invalid_request` for a key of the wrong length, or WebRTC. */
  agree(protection: Protection): void {
    if (protection.kind === 'webrtc') throw new Failure('invalid_request', 'This leg is no WebRTC')
    if (protection.kind === 'none') {
      this.#ours = undefined
      this.#theirs = undefined
      this.#before = undefined
      this.#oursOfRtcp = undefined
      this.#theirsOfRtcp = undefined
      return
    }
    const ours = isOf(this.#ours, protection.ours) ? this.#ours : open(protection.ours)
    const theirs = isOf(this.#theirs, protection.theirs) ? this.#theirs : open(protection.theirs)
    if (ours !== this.#ours) this.#oursOfRtcp = new SrtcpSession(protection.ours)
    if (theirs !== this.#theirs) {
      this.#before = this.#theirs
      this.#lateLeft = LATE_PACKETS
      this.#theirsOfRtcp = new SrtcpSession(protection.theirs)
    }
    this.#ours = ours
    this.#theirs = theirs
  }

  /** Makes SRTP in `packet` of RTP; returns its length, 0 when there is none to send. */
  protect(rtp: Uint8Array, bytes: number): number {
    if (bytes > MOST_PACKET_BYTES) return 0
    this.packet.set(bytes === rtp.length ? rtp : rtp.subarray(0, bytes))
    return Math.max(0, this.#ours?.protect(this.packet, bytes) ?? 0)
  }

  /** Makes RTP of SRTP, in place; returns the new length, -1 when it is not under the peer's key. */
  unprotect(packet: Uint8Array, bytes: number): number {
    const length = this.#theirs?.unprotect(packet, bytes) ?? -1
    if (length >= 0) this.#before = undefined
    else if (this.#before) return this.#late(this.#before, packet, bytes)
    return length
  }

  /** Makes SRTCP in `rtcpPacket` of RTCP; returns its length, 0 when there is none to send. */
  protectRtcp(rtcp: Uint8Array, bytes: number): number {
    if (bytes > MOST_RTCP_BYTES) return 0
    this.rtcpPacket.set(rtcp.subarray(0, bytes))
    return Math.max(0, this.#oursOfRtcp?.protect(this.rtcpPacket, bytes) ?? 0)
  }

  /** Makes RTCP of SRTCP, in place; returns the new length, -1 when it is not under the peer's key. */
  unprotectRtcp(packet: Uint8Array, bytes: number): number {
    return this.#theirsOfRtcp?.unprotect(packet, bytes) ?? -1
  }

  #late(before: SrtpSession, packet: Uint8Array, bytes: number): number {
    const length = before.unprotect(packet, bytes)
    if (length >= 0) this.#lateLeft -= 1
    if (this.#lateLeft === 0) this.#before = undefined
    return length
  }
}
