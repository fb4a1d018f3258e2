import type { ConnectionState } from '../../../engine/core/ports/media.ts'
import { emptyRtpHeader, type RtpHeader, readRtp, writeRtp } from '../../../engine/dsp/rtp.ts'
import type { WebRtcEnd } from '../../../engine/media/agreement.ts'
import {
  type LinkFigures,
  noLink,
  type PlayoutFigures,
} from '../../../engine/media/rtp/link-figures.ts'
import type {
  AddressedRtpPort,
  RtpPort,
  RtpPortStatistics,
  RtpTarget,
  WebRtcPort,
} from '../../../engine/media/rtp/rtp-port.ts'

export interface Sent extends RtpHeader {
  readonly payload: Uint8Array
}

/** An RTP port without a network: keeps what is sent and lets a test play the peer. */
abstract class PortOnStage implements RtpPort {
  readonly sent: Sent[] = []
  onPacket: (packet: Uint8Array, bytes: number) => void = () => {}
  target: RtpTarget | null = null
  closed = false
  linkFigures = noLink
  /** What the port was told last. */
  played: PlayoutFigures | undefined
  heardRtcp = 0
  #received = 0
  ssrc = 77
  sequence = 1000
  timestamp = 5000

  aim(target: RtpTarget): void {
    this.target = target
  }

  send(packet: Uint8Array, bytes: number): void {
    const header = emptyRtpHeader()
    if (!readRtp(packet, bytes, header)) throw new Error('not RTP')
    const { payloadOffset, payloadLength } = header
    const payload = Uint8Array.from(packet.subarray(payloadOffset, payloadOffset + payloadLength))
    this.sent.push({ ...header, payload })
  }

  get heard(): number {
    return this.#received + this.heardRtcp
  }

  statistics(): RtpPortStatistics {
    return {
      packetsSent: this.sent.length,
      packetsReceived: this.#received,
      packetsFromStrangers: 0,
      packetsForged: 0,
      rtcpReceived: this.heardRtcp,
    }
  }

  link(): LinkFigures {
    return this.linkFigures
  }

  plays(figures: PlayoutFigures): void {
    this.played = figures
  }

  async close(): Promise<void> {
    this.closed = true
  }

  /** The peer sends a packet; sequence and timestamp go on by themselves. */
  arrive(payload: Uint8Array, payloadType = 0, marker = false, units = payload.length): void {
    const packet = new Uint8Array(12 + payload.length)
    writeRtp(packet, 0, payloadType, marker, this.sequence, this.timestamp, this.ssrc)
    packet.set(payload, 12)
    this.sequence = (this.sequence + 1) & 0xffff
    this.timestamp = (this.timestamp + units) >>> 0
    this.#received += 1
    this.onPacket(packet, packet.length)
  }

  /** A packet of the peer is lost on the way. */
  lose(units: number): void {
    this.sequence = (this.sequence + 1) & 0xffff
    this.timestamp = (this.timestamp + units) >>> 0
  }
}

export class FakePort extends PortOnStage implements AddressedRtpPort {
  readonly kind = 'addressed'
  readonly localPort = 4000
}

export class FakeWebRtcPort extends PortOnStage implements WebRtcPort {
  readonly kind = 'webrtc'
  onConnection: (state: ConnectionState) => void = () => {}
  #restarts = 0

  get end(): WebRtcEnd {
    const iceUsernameFragment = `fragment ${this.#restarts}`
    return { iceUsernameFragment, icePassword: 'password', fingerprints: [], candidates: [] }
  }

  async restartIce(): Promise<WebRtcEnd> {
    this.#restarts += 1
    return this.end
  }
}
