import { audioCodecs } from '../../core/ports/media.ts'
import { audioLevel } from '../../dsp/audio-level.ts'
import type { RtpHeader } from '../../dsp/rtp.ts'
import { TelephoneEventReceiver } from '../../dsp/telephone-event.ts'
import type { EventFormat, ReceivePayloads } from '../agreement.ts'
import { type CodecKind, codecKinds, frameSamples, type PcmRateHz } from './codec.ts'
import { KeyPairs } from './key-pairs.ts'
import type { Heard } from './quality.ts'
import { ReceivedStream } from './received-stream.ts'
import { type InbandDtmf, ToneKeys } from './tone-keys.ts'

type PacketKind = 'audio' | 'event' | 'unknown'
/** Whose packets have not come for so many ticks is silent. */
const STILL_TICKS = 10
/** A phone tells of a key that is pressed every 50 ms or more often (RFC 4733, 2.6.3.3). */
const EVENT_TICKS = 4
const NOTHING_DB = -127

type EventClockHz = EventFormat['rateHz']
/** `clockHz`: that of the events by which the key came; 0 when it came as tones. */
type OnDigit = (digit: string, durationMs: number, clockHz: EventClockHz | 0) => void

/** What a payload type number stands for: nothing, events, or from FIRST_AUDIO on an index of `kinds`. */
const NOTHING = 0
const EVENT_8000 = 1
const EVENT_48000 = 2
const COMFORT_NOISE = 3
const FIRST_AUDIO = 4
/** Comfort noise (RFC 3551 table 4) comes under this number, whether or not anybody agreed on it. */
const COMFORT_NOISE_TYPE = 13
const kinds: readonly CodecKind[] = audioCodecs.map((name) => codecKinds[name])

interface Abilities {
  /** Number of the header extension in which it says how loud a packet is (RFC 6464); 0: none. */
  readonly levelExtension: number
  /** It named telephone events: keys come as such. */
  readonly knowsEvents: boolean
}

const usualPeer: Abilities = { levelExtension: 0, knowsEvents: true }

/**
 * The receiving half of a leg: payload types to codecs, telephone events to keys, audio through the
 * jitter buffer to 20 ms of samples a tick. Nothing is allocated per packet or tick, but when the peer
 * turns to a codec for the first time.
 */
export class Receiver {
  /** Packets of a payload type that was not agreed upon. */
  unknownPayloads = 0
  #heard: Int16Array
  #rateHz: PcmRateHz = 8000
  #decodes = false
  readonly #kinds = new Uint8Array(128)
  readonly #events: Readonly<Record<EventClockHz, TelephoneEventReceiver>>
  /** The codec that the peer sends; those that it has sent are kept. */
  #stream: ReceivedStream
  #streams: ReceivedStream[]
  #ssrc = -1
  #levelExtension = 0
  /** Since a packet of audio has come. */
  #stillTicks = 0

  readonly #onDigit: OnDigit
  readonly #inbandDtmf: InbandDtmf
  readonly #pairs = new KeyPairs()
  /** Looks for keys in what is heard. */
  #tones: ToneKeys | undefined
  /** For so long from now on a key counts as pressed. */
  #eventTicks = 0

  constructor(onDigit: OnDigit, inbandDtmf: InbandDtmf = 'auto') {
    this.#onDigit = onDigit
    this.#inbandDtmf = inbandDtmf
    const eventsAt = (clockRateHz: EventClockHz) =>
      new TelephoneEventReceiver({
        clockRateHz,
        onDigit: (digit, durationMs) => this.#digit(digit, durationMs, clockRateHz),
      })
    this.#events = { 8000: eventsAt(8000), 48000: eventsAt(48_000) }
    this.#heard = new Int16Array(frameSamples(this.#rateHz))
    this.#stream = new ReceivedStream(codecKinds.PCMU, this.#rateHz)
    this.#streams = [this.#stream]
  }

  /** What the peer sends. */
  get kind(): CodecKind {
    return this.#stream.kind
  }

  /** The frame of this tick, at the leg's rate; filled by `tick` when somebody wants to hear. */
  get heard(): Int16Array {
    return this.#heard
  }

  /** Of `heard`: how much later than it could be at the soonest, in samples at 8 kHz; -1: not known. */
  get delay(): number {
    return this.#decodes ? this.#stream.delay : -1
  }

  /** Of `heard`. */
  get rateHz(): PcmRateHz {
    return this.#rateHz
  }

  /** Somebody wants to hear. */
  get decodes(): boolean {
    return this.#decodes
  }

  /** Loudness of the newest audio packet in dBFS, not decoded: -127 is silence, NaN not to be told. */
  get loudnessDb(): number {
    return this.#stillTicks > STILL_TICKS ? NOTHING_DB : this.#stream.loudnessDb
  }

  /** The same into a column: a fraction that is returned may end on the heap. */
  tellLoudness(column: Float64Array, slot: number): void {
    if (this.#stillTicks > STILL_TICKS) column[slot] = NOTHING_DB
    else this.#stream.tellLoudness(column, slot)
  }

  /** Of all that came; what waits is that of the codec that comes now. */
  get counters(): Heard {
    const { depthMs, targetMs } = this.#stream.counters
    const sum = { lost: 0, late: 0, concealed: 0, received: 0, duplicate: 0, depthMs, targetMs }
    for (const { counters } of this.#streams) {
      sum.lost += counters.lost
      sum.late += counters.late
      sum.concealed += counters.concealed
      sum.received += counters.received
      sum.duplicate += counters.duplicate
    }
    return sum
  }

  /** `expected`: the codec that the peer will most likely send. */
  agree(payloads: ReceivePayloads, expected: CodecKind, peer = usualPeer): void {
    this.#levelExtension = peer.levelExtension
    if (this.#ssrc === -1 && expected !== this.#stream.kind) {
      this.close()
      this.#stream = new ReceivedStream(expected, this.#rateHz)
      this.#streams = [this.#stream]
    }
    this.#kinds.fill(NOTHING)
    this.#kinds[COMFORT_NOISE_TYPE] = COMFORT_NOISE
    kinds.forEach(({ name }, at) => {
      for (const payloadType of payloads[name]) this.#kinds[payloadType] = FIRST_AUDIO + at
    })
    for (const { payloadType, rateHz } of payloads.telephoneEvent) {
      this.#kinds[payloadType] = rateHz === 8000 ? EVENT_8000 : EVENT_48000
    }
    this.#lookForTones(
      this.#inbandDtmf === 'always' || (this.#inbandDtmf === 'auto' && !peer.knowsEvents),
    )
  }

  /** Keys are looked for in the sound, which is to be decoded for that. */
  get isPressing(): boolean {
    return this.#eventTicks > 0 || this.#tones?.isPressed === true
  }

  get findsTones(): boolean {
    return this.#tones !== undefined
  }

  #lookForTones(wanted: boolean): void {
    if (wanted === this.findsTones) return
    this.#tones?.reset()
    this.#tones = wanted ? new ToneKeys((...key) => this.#digit(...key, 0)) : undefined
    this.#tones?.tune(this.#rateHz)
  }

  #digit(digit: string, durationMs: number, clockHz: EventClockHz | 0): void {
    if (this.#pairs.isNews(digit, clockHz === 0)) this.#onDigit(digit, durationMs, clockHz)
  }

  /** The leg's rate from now on, and whether anybody wants to hear what comes. */
  tune(rateHz: PcmRateHz, decodes: boolean): void {
    if (rateHz !== this.#rateHz) {
      this.#rateHz = rateHz
      this.#heard = new Int16Array(frameSamples(rateHz))
      for (const stream of this.#streams) stream.tune(rateHz)
      this.#tones?.tune(rateHz)
    } else if (decodes !== this.#decodes) {
      this.#heard.fill(0)
    }
    if (decodes && !this.#decodes) for (const stream of this.#streams) stream.joinLate()
    this.#decodes = decodes
  }

  /** Takes a packet of the peer and says what it was. */
  packet(header: RtpHeader, packet: Uint8Array, nowMs: number): PacketKind {
    const kind = this.#kinds[header.payloadType]!
    if (kind === NOTHING) {
      this.unknownPayloads += 1
      // Not for us, but not lost either.
      if (header.ssrc === this.#ssrc) this.#stream.pushOther(header.sequence)
      return 'unknown'
    }
    if (kind === COMFORT_NOISE) {
      if (header.ssrc === this.#ssrc) this.#stream.pushNoise(header, packet)
      return 'unknown'
    }
    if (header.ssrc !== this.#ssrc) this.#newStream(header.ssrc)
    if (kind < FIRST_AUDIO) {
      this.#event(kind === EVENT_8000 ? 8000 : 48_000, header, packet)
      return 'event'
    }
    const codec = kinds[kind - FIRST_AUDIO]!
    if (codec !== this.#stream.kind) this.#turnTo(codec)
    this.#stillTicks = 0
    const level = this.#levelExtension === 0 ? -1 : audioLevel(packet, this.#levelExtension)
    this.#stream.push(header, packet, nowMs, level)
    return 'audio'
  }

  /** Moves the stream on by one frame, whether or not anybody wants to hear it. */
  tick(nowMs: number): void {
    this.#stillTicks += 1
    if (this.#eventTicks > 0) this.#eventTicks -= 1
    this.#events[8000].tick(nowMs)
    this.#events[48_000].tick(nowMs)
    this.#pairs.tick()
    if (this.#decodes) {
      this.#stream.hear(this.#heard, nowMs)
      this.#tones?.hear(this.#heard)
    } else {
      this.#stream.pass(nowMs)
    }
  }

  /** The clock of the events that come under a payload type; 0 when none do. */
  eventClockHz(payloadType: number): EventClockHz | 0 {
    const kind = this.#kinds[payloadType]
    if (kind === EVENT_8000) return 8000
    return kind === EVENT_48000 ? 48_000 : 0
  }

  /** Forgets what is on its way, e.g. when the peer goes on hold. */
  reset(): void {
    this.#stream.reset()
    this.#tones?.reset()
  }

  close(): void {
    for (const stream of this.#streams) stream.close()
  }

  #event(clockHz: EventClockHz, header: RtpHeader, packet: Uint8Array): void {
    const { sequence, payloadOffset, payloadLength, marker } = header
    this.#stream.pushOther(sequence)
    this.#eventTicks = EVENT_TICKS
    const timestamp = header.timestamp | 0
    const events = this.#events[clockHz]
    events.packet(packet, payloadOffset, payloadLength, timestamp, marker, sequence)
  }

  #newStream(ssrc: number): void {
    if (this.#ssrc !== -1) {
      this.#events[8000].reset()
      this.#events[48_000].reset()
      this.#stream.reset()
    }
    this.#ssrc = ssrc
  }

  /** Packets of two codecs can not wait in one buffer: the few of the old one are let go. */
  #turnTo(kind: CodecKind): void {
    this.#stream.reset()
    let stream = this.#streams.find((known) => known.kind === kind)
    if (!stream) {
      stream = new ReceivedStream(kind, this.#rateHz)
      this.#streams.push(stream)
    }
    stream.follow(this.#stream)
    this.#stream = stream
  }
}

/** What others may know of it. */
export type Ear = Pick<
  Receiver,
  'rateHz' | 'heard' | 'delay' | 'decodes' | 'loudnessDb' | 'tellLoudness'
>
