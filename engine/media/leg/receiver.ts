import { Concealer } from '../../dsp/conceal.ts'
import { JitterBuffer, type JitterCounters } from '../../dsp/jitter-buffer.ts'
import type { RtpHeader } from '../../dsp/rtp.ts'
import { TelephoneEventReceiver } from '../../dsp/telephone-event.ts'
import type { CodecName, ReceivePayloads } from '../agreement.ts'
import { type Codec, codecs, FRAME_SAMPLES } from './codec.ts'

type PacketKind = 'audio' | 'event' | 'unknown'

const NOTHING = 0
const EVENT = 1
const AUDIO: readonly Codec[] = [codecs.PCMU, codecs.PCMA]
/** Codes of the payload table from here on are indices of AUDIO. */
const FIRST_AUDIO = 2

/**
 * The receiving half of a leg: payload types to codecs, telephone events to keys, audio through the
 * jitter buffer to 20 ms of samples a tick. Nothing is allocated per packet or tick.
 */
export class Receiver {
  /** The frame of this tick, valid after `decode`. */
  readonly heard = new Int16Array(FRAME_SAMPLES)
  /** Packets of a payload type that was not agreed upon. */
  unknownPayloads = 0
  readonly #kinds = new Uint8Array(128)
  readonly #frame = new Uint8Array(FRAME_SAMPLES)
  readonly #concealer = new Concealer()
  readonly #events: TelephoneEventReceiver
  readonly #past: Pick<JitterCounters, 'lost' | 'late' | 'concealed'> = {
    lost: 0,
    late: 0,
    concealed: 0,
  }
  #codec: Codec = codecs.PCMU
  #jitter = this.#newJitterBuffer()
  #ssrc = -1
  #pulled = -1

  constructor(onDigit: (digit: string, durationMs: number) => void) {
    this.#events = new TelephoneEventReceiver({ onDigit })
  }

  get codec(): CodecName {
    return this.#codec.name
  }

  get counters(): Pick<JitterCounters, 'lost' | 'late' | 'concealed'> {
    const now = this.#jitter.counters
    return {
      lost: this.#past.lost + now.lost,
      late: this.#past.late + now.late,
      concealed: this.#past.concealed + now.concealed,
    }
  }

  agree(payloads: ReceivePayloads): void {
    this.#kinds.fill(NOTHING)
    AUDIO.forEach((codec, at) => {
      for (const payloadType of payloads[codec.name]) {
        this.#kinds[payloadType] = FIRST_AUDIO + at
      }
    })
    for (const { payloadType } of payloads.telephoneEvent) this.#kinds[payloadType] = EVENT
  }

  /** Takes a packet of the peer and says what it was. */
  packet(header: RtpHeader, packet: Uint8Array, nowMs: number): PacketKind {
    const kind = this.#kinds[header.payloadType]!
    if (kind === NOTHING) {
      this.unknownPayloads += 1
      // Comfort noise and the like: not for us, but not lost either.
      if (header.ssrc === this.#ssrc) this.#jitter.pushOther(header.sequence)
      return 'unknown'
    }
    if (header.ssrc !== this.#ssrc) this.#newStream(header.ssrc)
    const { sequence, payloadOffset, payloadLength } = header
    // Signed, modulo 2^32: larger numbers would be allocated when passed on.
    const timestamp = header.timestamp | 0
    if (kind === EVENT) {
      this.#jitter.pushOther(sequence)
      const { marker } = header
      this.#events.packet(packet, payloadOffset, payloadLength, timestamp, marker, sequence)
      return 'event'
    }
    const codec = AUDIO[kind - FIRST_AUDIO]!
    if (codec !== this.#codec) this.#changeCodec(codec)
    this.#jitter.push(sequence, timestamp, packet, payloadOffset, payloadLength, nowMs)
    return 'audio'
  }

  /** Moves the stream on by one frame, whether or not anybody wants to hear it. */
  tick(nowMs: number): void {
    this.#events.tick(nowMs)
    this.#pulled = this.#jitter.pull(this.#frame, nowMs)
  }

  /** Decodes, or conceals, the frame of this tick into `heard`. */
  decode(): void {
    const heard = this.heard
    if (this.#pulled > 0) {
      this.#codec.decode(this.#frame, 0, FRAME_SAMPLES, heard, 0)
      this.#concealer.good(heard, 0, FRAME_SAMPLES)
    } else if (this.#pulled === 0) {
      this.#concealer.conceal(heard, 0, FRAME_SAMPLES)
    } else {
      heard.fill(0)
      this.#concealer.good(heard, 0, FRAME_SAMPLES)
    }
  }

  /** Forgets what is on its way, e.g. when the peer goes on hold. */
  reset(): void {
    this.#jitter.reset()
    this.#concealer.reset()
  }

  #newStream(ssrc: number): void {
    if (this.#ssrc !== -1) {
      this.#events.reset()
      this.#jitter.reset()
    }
    this.#ssrc = ssrc
  }

  /** Frames of two codecs can not wait in one buffer: the few of the old one are let go. */
  #changeCodec(codec: Codec): void {
    const { lost, late, concealed } = this.counters
    Object.assign(this.#past, { lost, late, concealed })
    this.#codec = codec
    this.#jitter = this.#newJitterBuffer()
  }

  #newJitterBuffer(): JitterBuffer {
    const { silenceByte, isQuiet } = this.#codec
    return new JitterBuffer({ frameSamples: FRAME_SAMPLES, silenceByte, isQuiet })
  }
}
