import { RTP_HEADER_BYTES, type RtpHeader, writeRtp } from '../../dsp/rtp.ts'
import { TELEPHONE_EVENT_BYTES } from '../../dsp/telephone-event.ts'
import type { EventFormat } from '../agreement.ts'
import type { StreamPosition } from '../messages.ts'
import type { RtpPort } from '../rtp/rtp-port.ts'
import { type CodecKind, codecKinds, FRAME_MS, type PcmRateHz } from './codec.ts'
import { Encoding } from './encoding.ts'
import type { SharedEncoding } from './shared-encoding.ts'

/** Relayed streams may jump by this much of time or sequence before they are lined up anew. */
const MOST_TIME_JUMP_MS = 2000
const MOST_SEQUENCE_JUMP = 3000
const MOST_PACKET_BYTES = 1500
/**
 * Who comes to SRTP late, because its key took its time, can't tell a rollover that it has missed and would hear
 * nothing: so the first one is 10 minutes away at least.
 */
const MOST_FIRST_SEQUENCE = 0x7fff

/**
 * The sending half of a leg: one RTP stream (RFC 3550) with one SSRC, whatever it is made of. Frames of
 * our own and packets relayed from a bridge follow each other without a jump in sequence or timestamp:
 * a relayed stream is shifted so that it goes on where ours stands, and the other way round.
 */
export class Transmitter {
  #port: Pick<RtpPort, 'send'>
  /** As 32 bit signed, like the timestamps: larger numbers would be allocated when passed on. */
  #ssrc: number
  readonly #packet = Buffer.alloc(MOST_PACKET_BYTES)
  #encoding = new Encoding(codecKinds.PCMU, 8000)
  /** Takes the place of `#encoding`. */
  #shared: SharedEncoding | undefined
  #sharesMusic = false
  #payloadType = 0
  #events: EventFormat | null = null
  /** Timestamp units in a millisecond. */
  #unitsPerMs = 8

  /** Of the newest packet that went out. */
  #sequence: number
  #timestamp: number
  /** When a packet with `#timestamp` was due; -1 before the first one. */
  #timestampAtMs = -1
  /** The encoder left packets out: the next one begins a spurt. */
  #paused = false

  /** The relayed stream that we are lined up with, or -1. */
  #relayedSsrc = -1
  #relayedAtMs = 0
  #sequenceShift = 0
  #timestampShift = 0
  #newestRelayed = 0
  #relayedSinceAnchor = 0

  /** `random` gives 32 random bits. */
  constructor(port: Pick<RtpPort, 'send'>, random: () => number) {
    this.#port = port
    this.#ssrc = random() | 0
    this.#sequence = random() & MOST_FIRST_SEQUENCE
    this.#timestamp = random() | 0
  }

  /** What is sent from now on. */
  agree(kind: CodecKind, payloadType: number, events: EventFormat | null): void {
    if (kind.clockHz !== this.#unitsPerMs * 1000) {
      this.endRelay()
      this.#unitsPerMs = kind.clockHz / 1000
    }
    this.#payloadType = payloadType
    this.#events = events
    if (kind === this.#encoding.kind) return
    this.unshare()
    const before = this.#encoding
    this.#encoding = new Encoding(kind, before.rateHz)
    this.#encoding.rest()
    before.close()
  }

  /** Where the stream stands, for another transmitter that goes on with it. */
  position(nowMs: number): StreamPosition {
    const agoMs = this.#timestampAtMs < 0 ? -1 : Math.max(0, nowMs - this.#timestampAtMs)
    return { ssrc: this.#ssrc, sequence: this.#sequence, timestamp: this.#timestamp, agoMs }
  }

  /** Goes on with the stream of another one, which sends nothing any more. */
  goOn({ ssrc, sequence, timestamp, agoMs }: StreamPosition, nowMs: number): void {
    this.#ssrc = ssrc | 0
    this.#sequence = sequence
    this.#timestamp = timestamp | 0
    this.#timestampAtMs = agoMs < 0 ? -1 : Math.max(0, nowMs - agoMs)
  }

  /** `audio` sends what many are sent, whatever its own samples are. */
  get shares(): boolean {
    return this.#shared !== undefined
  }

  /** Goes over to what many are sent, of the same codec; the first one hands it what it has. */
  share(shared: SharedEncoding): void {
    this.unshare()
    if (shared.streams === 0) shared.encoding.copyFrom(this.#encoding)
    shared.streams += 1
    this.#shared = shared
  }

  get sharesMusic(): boolean {
    return this.#sharesMusic
  }

  /** The same with music, which a conference does not end. */
  shareMusic(shared: SharedEncoding): void {
    this.share(shared)
    this.#sharesMusic = true
  }

  /** What is common in a conference is not any more. */
  leaveCommon(): void {
    if (!this.#sharesMusic) this.unshare()
  }

  /** Goes on alone. To be called before the others are sent something new. */
  unshare(): void {
    const shared = this.#shared
    if (!shared) return
    this.#shared = undefined
    this.#sharesMusic = false
    shared.streams -= 1
    this.#encoding.copyFrom(shared.encoding)
  }

  /** The rate of the PCM that `audio` gets from now on. */
  tune(rateHz: PcmRateHz): void {
    if (this.#sharesMusic && rateHz !== this.#shared?.encoding.rateHz) this.unshare()
    this.#encoding.tune(rateHz)
  }

  /** Frees the encoder; nothing is sent afterwards. */
  close(): void {
    this.unshare()
    this.#port = { send: () => undefined }
    this.#encoding.close()
  }

  /** The next frame of ours has another source than the last one. */
  join(): void {
    this.#encoding.join()
  }

  /** Sends a frame of ours, 20 ms; `spurt` marks the first one after silence. */
  audio(pcm: Int16Array, spurt: boolean, nowMs: number): void {
    const shared = this.#shared
    const bytes = shared
      ? this.#copy(shared)
      : this.#encoding.encode(pcm, this.#packet, RTP_HEADER_BYTES)
    if (bytes === 0) {
      this.#paused = true
      return
    }
    const first = this.#timestampAtMs < 0
    this.#advance(nowMs)
    this.#write(this.#payloadType, spurt || first || this.#paused, this.#timestamp)
    this.#paused = false
    this.#send(RTP_HEADER_BYTES + bytes)
  }

  #copy({ payload, bytes }: SharedEncoding): number {
    for (let i = 0; i < bytes; i++) this.#packet[RTP_HEADER_BYTES + i] = payload[i]!
    return bytes
  }

  /**
   * Sends a telephone event that began `behindUnits` of its own clock before this tick. The timestamp is that
   * of the stream, even where the clock of the events is another one than that of the audio.
   */
  event(payload: Uint8Array, marker: boolean, behindUnits: number, nowMs: number): void {
    const events = this.#events
    if (events === null) return
    this.#encoding.rest()
    const behind = Math.round((behindUnits * this.#unitsPerMs * 1000) / events.rateHz)
    this.#advance(nowMs)
    this.#write(events.payloadType, marker, (this.#timestamp - behind) | 0)
    for (let i = 0; i < TELEPHONE_EVENT_BYTES; i++) {
      this.#packet[RTP_HEADER_BYTES + i] = payload[i]!
    }
    this.#send(RTP_HEADER_BYTES + TELEPHONE_EVENT_BYTES)
  }

  /** True when a relayed packet went out within the last `withinMs`. */
  relaying(nowMs: number, withinMs: number): boolean {
    return this.#relayedSsrc !== -1 && nowMs - this.#relayedAtMs <= withinMs
  }

  /** The relayed stream is interrupted: when it comes back it is lined up anew, without a gap. */
  endRelay(): void {
    this.#relayedSsrc = -1
  }

  /** Passes a packet of the other leg on as it is, but for the header. */
  relay(header: RtpHeader, packet: Uint8Array, isEvent: boolean, nowMs: number): void {
    if (isEvent && this.#events === null) return
    const payloadType = isEvent && this.#events ? this.#events.payloadType : this.#payloadType
    if (RTP_HEADER_BYTES + header.payloadLength > MOST_PACKET_BYTES) return
    const anchored = this.#follows(header, isEvent, nowMs)
    if (!anchored) this.#anchor(header, nowMs)
    const ahead = ((header.sequence - this.#newestRelayed) << 16) >> 16
    if (ahead < 0 && -ahead >= this.#relayedSinceAnchor) return
    const sequence = (header.sequence + this.#sequenceShift) & 0xffff
    const timestamp = (header.timestamp + this.#timestampShift) | 0
    if (ahead >= 0) {
      this.#newestRelayed = header.sequence
      this.#relayedSinceAnchor += anchored ? ahead : 1
      this.#sequence = sequence
      // All packets of an event carry the time of its beginning: no measure of where the stream is.
      if (!isEvent) this.#standAt(timestamp, nowMs)
    }
    this.#relayedAtMs = nowMs
    this.#encoding.rest()
    const marker = header.marker || !anchored
    writeRtp(this.#packet, 0, payloadType, marker, sequence, timestamp, this.#ssrc)
    const { payloadOffset, payloadLength } = header
    for (let i = 0; i < payloadLength; i++) {
      this.#packet[RTP_HEADER_BYTES + i] = packet[payloadOffset + i]!
    }
    this.#send(RTP_HEADER_BYTES + payloadLength)
  }

  /** A packet of the relayed stream is not passed on: no number is left out for it, which would look like loss. */
  leaveOut(header: RtpHeader): void {
    const ahead = ((header.sequence - this.#newestRelayed) << 16) >> 16
    if (header.ssrc !== this.#relayedSsrc || ahead !== 1) return
    this.#newestRelayed = header.sequence
    this.#sequenceShift = (this.#sequenceShift - 1) & 0xffff
    // What comes late from before has no number any more.
    this.#relayedSinceAnchor = 0
  }

  #standAt(timestamp: number, nowMs: number): void {
    this.#timestamp = timestamp
    this.#timestampAtMs = nowMs
  }

  /** Does the packet belong to the stream that we are lined up with? */
  #follows(header: RtpHeader, isEvent: boolean, nowMs: number): boolean {
    if (header.ssrc !== this.#relayedSsrc) return false
    const ahead = ((header.sequence - this.#newestRelayed) << 16) >> 16
    if (Math.abs(ahead) > MOST_SEQUENCE_JUMP) return false
    if (isEvent) return true
    const elapsed = (nowMs - this.#timestampAtMs) * this.#unitsPerMs
    const moved = (header.timestamp + this.#timestampShift - this.#timestamp) | 0
    return Math.abs(moved - elapsed) <= MOST_TIME_JUMP_MS * this.#unitsPerMs
  }

  #anchor(header: RtpHeader, nowMs: number): void {
    const sequence = (this.#sequence + 1) & 0xffff
    this.#moveTime(nowMs)
    this.#relayedSsrc = header.ssrc
    this.#newestRelayed = header.sequence
    this.#relayedSinceAnchor = 0
    this.#sequenceShift = (sequence - header.sequence) & 0xffff
    this.#timestampShift = (this.#timestamp - header.timestamp) | 0
  }

  /** The next packet of our own: ends a relayed stream. */
  #advance(nowMs: number): void {
    this.#relayedSsrc = -1
    this.#sequence = (this.#sequence + 1) & 0xffff
    this.#moveTime(nowMs)
  }

  /** Timestamps keep step with the clock in whole frames, and always grow. */
  #moveTime(nowMs: number): void {
    if (this.#timestampAtMs >= 0) {
      const frames = Math.max(1, Math.round((nowMs - this.#timestampAtMs) / FRAME_MS))
      this.#timestamp = (this.#timestamp + frames * FRAME_MS * this.#unitsPerMs) | 0
    }
    this.#timestampAtMs = nowMs
  }

  #write(payloadType: number, marker: boolean, timestamp: number): void {
    writeRtp(this.#packet, 0, payloadType, marker, this.#sequence, timestamp, this.#ssrc)
  }

  #send(bytes: number): void {
    this.#port.send(this.#packet, bytes)
  }
}
